// What is done with a tile of a product while it is in registers.
#pragma once
#include "gemm.cuh"
#include "normalizer.cuh"
#include "statistics.cuh"

// Epilogue writes z = sum + bias + addend and y = relu(norm(z)) + residual, and the statistics of z; null parts are
// omitted.
struct Epilogue {
  const float *bias;
  Norm norm;
  Features addend, residual, z, y;
  float *partial; // [pixel tiles, 2, channels]: mean, and sum of squared distances from it, of each tile
  unsigned *counters; // [channel tiles]
  Statistics stats;
  int channels, area;

  // sum returns the epilogue of a gradient, z = sum + addend: unused parts do not become code.
  DEVICE Epilogue sum() const { return {nullptr, {}, addend, {}, z, {}, nullptr, nullptr, {}, channels, area}; }
};

// row_sums adds up, for each row of the tile, one number a thread, in a fixed order; totals[row] holds the result.
template <class Tile> DEVICE void row_sums(const Tile &tile, const float (&v)[Tile::ROWS], float *totals) {
  static __shared__ float scratch[Tile::TILE_M][Tile::GROUPS];
  int g = tile.group();
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++) scratch[tile.row(i)][g] = v[i];
  for (int half = Tile::GROUPS / 2; half > 0; half /= 2) {
    barrier();
    if (g < half)
      UNROLL
      for (int i = 0; i < Tile::ROWS; i++) scratch[tile.row(i)][g] += scratch[tile.row(i)][g + half];
  }
  barrier();
  if (thread() < Tile::TILE_M) totals[thread()] = scratch[thread()][0];
  barrier();
}

// write_statistics writes mean and squared distances of the tile's pixels for each channel. The last tile of a
// channel combines those of all tiles into the channel's statistics.
template <class Tile> DEVICE void write_statistics(const Tile &tile, const Epilogue &e, int m0, int n0, int pixels) {
  static __shared__ float totals[Tile::TILE_M];
  int count = min(Tile::TILE_N, pixels - n0);
  float v[Tile::ROWS], mean[Tile::ROWS];
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++) {
    v[i] = 0;
    UNROLL
    for (int j = 0; j < Tile::COLUMNS; j++)
      if (tile.column(j) < count) v[i] += tile.sum[i][j];
  }
  row_sums(tile, v, totals);
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++) {
    mean[i] = totals[tile.row(i)] / count;
    v[i] = 0;
    UNROLL
    for (int j = 0; j < Tile::COLUMNS; j++) {
      float d = tile.sum[i][j] - mean[i];
      if (tile.column(j) < count) v[i] = __builtin_fmaf(d, d, v[i]);
    }
  }
  row_sums(tile, v, totals);
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++) {
    int m = m0 + tile.row(i);
    if (tile.group() != 0 || m >= e.channels) continue;
    float *out = e.partial + 2 * block_x() * e.channels + m;
    out[0] = mean[i];
    out[e.channels] = totals[tile.row(i)];
  }
  if (!last_of(e.counters + block_y(), blocks_x())) return;
  constexpr int LANES = THREADS / Tile::TILE_M; // threads of a channel, which take turns with the tiles
  int channel = m0 + thread() % Tile::TILE_M, lane = thread() / Tile::TILE_M;
  Moments m{0, 0, 0};
  if (channel < e.channels)
    for (int part = lane; part < blocks_x(); part += LANES) {
      const float *in = e.partial + 2 * part * e.channels + channel;
      m = merge(m, {(float)min(Tile::TILE_N, pixels - part * Tile::TILE_N), in[0], in[e.channels]});
    }
  m = block_merge(m, Tile::TILE_M);
  if (lane == 0 && channel < e.channels) e.stats.write(channel, e.channels, m);
}

// finish writes the tile whose corner is (m0, n0): rows are channels, columns pixels.
template <class Tile> DEVICE void finish(Tile &tile, const Epilogue &e, int m0, int n0, int pixels) {
  int sample[Tile::COLUMNS], place[Tile::COLUMNS];
  UNROLL
  for (int j = 0; j < Tile::COLUMNS; j++) {
    int n = n0 + tile.column(j);
    sample[j] = n / e.area;
    place[j] = n - sample[j] * e.area;
  }
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++) {
    int m = m0 + tile.row(i);
    if (m >= e.channels) continue;
    float bias = e.bias ? e.bias[m] : 0;
    Normalizer norm(e.norm, m, e.channels);
    UNROLL
    for (int j = 0; j < Tile::COLUMNS; j++) {
      if (n0 + tile.column(j) >= pixels) continue;
      int at = m * e.area + place[j];
      float z = tile.sum[i][j] + bias;
      if (e.addend.data) z += e.addend.data[sample[j] * e.addend.stride + at];
      tile.sum[i][j] = z;
      if (e.z.data) e.z.data[sample[j] * e.z.stride + at] = z;
      if (!e.y.data) continue;
      float y = relu(norm.activation(z));
      if (e.residual.data) y += e.residual.data[sample[j] * e.residual.stride + at];
      e.y.data[sample[j] * e.y.stride + at] = y;
    }
  }
  if (e.partial) write_statistics(tile, e, m0, n0, pixels);
}

// Conv is a convolution with its epilogue: output channels are rows, pixels columns. grid: (pixel tiles, channel
// tiles, slices)
struct Conv {
  Features x;
  const float *w; // [O, I, K, K]
  int samples, inputs, height, width;
  Slices slices;
  Epilogue out;
};
