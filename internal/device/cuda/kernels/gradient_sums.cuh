// The sums of a norm's gradient, computed while the gradient of its result is still in registers.
#pragma once
#include "epilogue.cuh"

// GradientSums are Σ d and Σ d·x̂ of each channel, where d is the tile's result where the ReLU let z through, else 0.
// Omitted if out is null.
struct GradientSums {
  Features z;
  Norm norm;
  float *partial; // [pixel tiles, 2, channels]
  unsigned *counters; // [channel tiles]
  float *out; // [2, channels]
};

template <class Tile> DEVICE void write_gradient_sums(const Tile &tile, const GradientSums &g, int channels, int area,
                                                      int m0, int n0, int pixels) {
  static __shared__ float totals[2][Tile::TILE_M], scratch[2][THREADS];
  float d[Tile::ROWS], dx[Tile::ROWS];
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++) {
    d[i] = dx[i] = 0;
    int m = m0 + tile.row(i);
    if (m >= channels) continue;
    Normalizer norm(g.norm, m, channels);
    UNROLL
    for (int j = 0; j < Tile::COLUMNS; j++) {
      int n = n0 + tile.column(j), sample = n / area;
      if (n >= pixels) continue;
      float z = g.z.data[sample * g.z.stride + m * area + n - sample * area];
      if (!(norm.activation(z) > 0)) continue;
      d[i] += tile.sum[i][j];
      dx[i] += tile.sum[i][j] * norm.standardized(z);
    }
  }
  row_sums(tile, d, totals[0]);
  row_sums(tile, dx, totals[1]);
  int t = thread(), channel = m0 + t % Tile::TILE_M;
  if (t < Tile::TILE_M && channel < channels) {
    float *out = g.partial + 2 * block_x() * channels + channel;
    out[0] = totals[0][t];
    out[channels] = totals[1][t];
  }
  if (!last_of(g.counters + block_y(), blocks_x())) return;
  float sum = 0, sum_x = 0;
  if (channel < channels)
    for (int part = t / Tile::TILE_M; part < blocks_x(); part += THREADS / Tile::TILE_M) {
      const float *in = g.partial + 2 * part * channels + channel;
      sum += in[0];
      sum_x += in[channels];
    }
  scratch[0][t] = sum, scratch[1][t] = sum_x;
  for (int half = THREADS / 2; half >= Tile::TILE_M; half /= 2) {
    barrier();
    if (t < half) scratch[0][t] += scratch[0][t + half], scratch[1][t] += scratch[1][t + half];
  }
  if (t < Tile::TILE_M && channel < channels) {
    g.out[channel] = scratch[0][t];
    g.out[channels + channel] = scratch[1][t];
  }
}
