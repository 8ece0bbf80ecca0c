// The 2×2 transposed convolution with stride 2 and its gradients: no two windows overlap, so each is one matrix
// product.
#include "epilogue.cuh"
#include "gemm.cuh"
#include "weight_gradient.cuh"

// UpConv computes y[n, o, 2h+u, 2w+v] = bias[o] + Σ_i x[n, i, h, w]·w[i, o, u, v]. Rows are (o, u, v), columns pixels
// of x.
struct UpConv {
  Features x;
  const float *w, *bias; // [I, O, 2, 2], [O]
  Features y;
  int samples, inputs, outputs, height, width; // height and width of x
};

template <class Tile> DEVICE void upconv(const UpConv &c) {
  int pixels = c.samples * c.height * c.width, rows = 4 * c.outputs;
  int n0 = block_x() * Tile::TILE_N, m0 = block_y() * Tile::TILE_M;
  Matrix a{c.w, 1, rows, c.inputs};
  Window<1> b{c.x, c.inputs, c.height, c.width};
  Tile tile;
  multiply<ALONG_ROWS, ALONG_ROWS>(tile, a, b, m0, rows, n0, pixels, 0, c.inputs);
  Quad out{c.y, c.outputs, c.height, c.width};
  UNROLL
  for (int j = 0; j < Tile::COLUMNS; j++) {
    int n = n0 + tile.column(j);
    if (n >= pixels) continue;
    Quad::Row pixel = out.row(n);
    UNROLL
    for (int i = 0; i < Tile::ROWS; i++) {
      int m = m0 + tile.row(i);
      if (m < rows) c.y.data[pixel + out.column(m)] = tile.sum[i][j] + (c.bias ? c.bias[m / 4] : 0);
    }
  }
}

KERNEL upconv_64(UpConv c) { upconv<Tile64>(c); }

// The data gradient takes dy as x, of twice the height and width; out.channels are the channels of dx.
template <class Tile> DEVICE void upconv_data(const Conv &c) {
  int pixels = c.samples * c.height * c.width, depth = 4 * c.inputs;
  int n0 = block_x() * Tile::TILE_N, m0 = block_y() * Tile::TILE_M;
  Matrix a{c.w, depth, 1, depth};
  Quad b{c.x, c.inputs, c.height, c.width};
  Tile tile;
  multiply<ALONG_DEPTH, ALONG_ROWS>(tile, a, b, m0, c.out.channels, n0, pixels, c.slices.begin(), c.slices.end(depth));
  if (join(tile, c.slices)) finish(tile, c.out.sum(), m0, n0, pixels);
}

KERNEL upconv_data_16(Conv c) { upconv_data<Tile16>(c); }
KERNEL upconv_data_32(Conv c) { upconv_data<Tile32>(c); }
KERNEL upconv_data_64(Conv c) { upconv_data<Tile64>(c); }

template <class Tile> DEVICE void upconv_weight(const WeightGradient &c) {
  // rows: channels of x; columns: channel of dy and which of the four pixels; depth: pixels of x
  Turned<Window<1>> a{{c.left, c.rows, c.height, c.width}, c.end()};
  Turned<Quad> b{{c.right, c.columns / 4, c.height, c.width}, c.end()};
  weight_gradient<Tile>(c, a, b);
}

KERNEL upconv_weight_16(WeightGradient c) { upconv_weight<Tile16>(c); }
KERNEL upconv_weight_32(WeightGradient c) { upconv_weight<Tile32>(c); }
KERNEL upconv_weight_64(WeightGradient c) { upconv_weight<Tile64>(c); }
