// Weight gradients are products whose depth is all pixels of the batch. The pixels are cut into slices, which go to
// different blocks; reduce.cu adds the slices up in order.
#pragma once
#include "gemm.cuh"

// grid: (column tiles, row tiles, slices)
struct WeightGradient {
  Features left, right;
  float *partial; // [slices, rows, columns]
  int samples, height, width, rows, columns, slice;

  DEVICE int begin() const { return block_z() * slice; } // of this block's pixels
  DEVICE int end() const { return min(begin() + slice, samples * height * width); }
};

template <class Tile, class A, class B> DEVICE void weight_gradient(const WeightGradient &c, const A &a, const B &b) {
  int n0 = block_x() * Tile::TILE_N, m0 = block_y() * Tile::TILE_M;
  Tile tile;
  multiply<ALONG_DEPTH, ALONG_DEPTH>(tile, a, b, m0, c.rows, n0, c.columns, c.begin(), c.end());
  float *out = c.partial + block_z() * c.rows * c.columns;
  UNROLL
  for (int i = 0; i < Tile::ROWS; i++)
    UNROLL
    for (int j = 0; j < Tile::COLUMNS; j++) {
      int m = m0 + tile.row(i), n = n0 + tile.column(j);
      if (m < c.rows && n < c.columns) out[m * c.columns + n] = tile.sum[i][j];
    }
}
