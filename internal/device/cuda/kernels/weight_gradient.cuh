// Weight gradients are products whose depth is all pixels of the batch, cut into slices.
#pragma once
#include "gemm.cuh"

struct WeightGradient {
  Features left, right;
  Slices slices;
  const float *acc;
  float *out; // [rows, columns]
  int samples, height, width, rows, columns;

  DEVICE int end() const { return slices.end(samples * height * width); } // of this block's pixels
};

template <class Tile, class A, class B> DEVICE void weight_gradient(const WeightGradient &c, const A &a, const B &b) {
  int n0 = block_x() * Tile::TILE_N, m0 = block_y() * Tile::TILE_M;
  Tile tile;
  multiply<ALONG_DEPTH, ALONG_DEPTH>(tile, a, b, m0, c.rows, n0, c.columns, c.slices.begin(), c.end());
  if (!join(tile, c.slices)) return;
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++)
    UNROLL
    for (int j = 0; j < Tile::COLUMNS; j++) {
      int m = m0 + tile.row(i), n = n0 + tile.column(j);
      if (m < c.rows && n < c.columns)
        c.out[m * c.columns + n] = (c.acc ? c.acc[m * c.columns + n] : 0) + tile.sum[i][j];
    }
}
