// Convolutions 3×3 and 1×1 with stride 1, and their gradients, as implicit matrix products.
#include "epilogue.cuh"
#include "gradient_sums.cuh"
#include "weight_gradient.cuh"

template <int K, class Tile> DEVICE void conv(const Conv &c) {
  int pixels = c.samples * c.height * c.width;
  int n0 = block_x() * Tile::TILE_N, m0 = block_y() * Tile::TILE_M;
  Weights<K> a{c.w, c.inputs * K * K, K * K, c.inputs, false};
  Window<K> b{c.x, c.inputs, c.height, c.width};
  Tile tile;
  multiply<ALONG_DEPTH, ALONG_ROWS>(tile, a, b, m0, c.out.channels, n0, pixels,
                                    c.slices.begin(), c.slices.end(K * K * padded<K>(c.inputs)));
  // a 1×1 convolution is never deep enough for slices
  if (K == 1 || join(tile, c.slices)) finish(tile, c.out, m0, n0, pixels);
}

KERNEL conv3_16(Conv c) { conv<3, Tile16>(c); }
KERNEL conv3_32(Conv c) { conv<3, Tile32>(c); }
KERNEL conv3_64(Conv c) { conv<3, Tile64>(c); }
KERNEL conv1_16(Conv c) { conv<1, Tile16>(c); }
KERNEL conv1_32(Conv c) { conv<1, Tile32>(c); }
KERNEL conv1_64(Conv c) { conv<1, Tile64>(c); }

// The data gradient takes dz as x, its channels as inputs; the convolution's input channels are out.channels. It also
// computes the sums of the preceding norm's gradient.
struct ConvData {
  Conv conv;
  GradientSums sums;
};

template <int K, class Tile> DEVICE void conv_data(const ConvData &all) {
  const Conv &c = all.conv;
  int pixels = c.samples * c.height * c.width;
  int n0 = block_x() * Tile::TILE_N, m0 = block_y() * Tile::TILE_M;
  Weights<K> a{c.w, K * K, c.out.channels * K * K, c.inputs, true};
  Window<K> b{c.x, c.inputs, c.height, c.width};
  Tile tile;
  multiply<ALONG_ROWS, ALONG_ROWS>(tile, a, b, m0, c.out.channels, n0, pixels,
                                    c.slices.begin(), c.slices.end(K * K * padded<K>(c.inputs)));
  if (K != 1 && !join(tile, c.slices)) return;
  finish(tile, c.out.sum(), m0, n0, pixels);
  if (K != 1 && all.sums.out) write_gradient_sums(tile, all.sums, c.out.channels, c.out.area, m0, n0, pixels);
}

KERNEL conv3_data_16(ConvData c) { conv_data<3, Tile16>(c); }
KERNEL conv3_data_32(ConvData c) { conv_data<3, Tile32>(c); }
KERNEL conv3_data_64(ConvData c) { conv_data<3, Tile64>(c); }
KERNEL conv1_data_16(ConvData c) { conv_data<1, Tile16>(c); }
KERNEL conv1_data_32(ConvData c) { conv_data<1, Tile32>(c); }
KERNEL conv1_data_64(ConvData c) { conv_data<1, Tile64>(c); }

template <int K, class Tile> DEVICE void conv_weight(const WeightGradient &c) {
  // rows: channels of dz; columns: channel of x and tap; depth: pixels
  Turned<Window<1>> a{{c.left, c.rows, c.height, c.width}, c.end()};
  Turned<Window<K>> b{{c.right, c.columns / (K * K), c.height, c.width}, c.end()};
  weight_gradient<Tile>(c, a, b);
}

KERNEL conv3_weight_16(WeightGradient c) { conv_weight<3, Tile16>(c); }
KERNEL conv3_weight_32(WeightGradient c) { conv_weight<3, Tile32>(c); }
KERNEL conv3_weight_64(WeightGradient c) { conv_weight<3, Tile64>(c); }
KERNEL conv1_weight_16(WeightGradient c) { conv_weight<1, Tile16>(c); }
KERNEL conv1_weight_32(WeightGradient c) { conv_weight<1, Tile32>(c); }
KERNEL conv1_weight_64(WeightGradient c) { conv_weight<1, Tile64>(c); }
