// What convolutions look like as matrix products. An operand knows its elements by two coordinates, each decoded once
// where it stays the same: pixels (n, h, w) and taps (channel, and place under the kernel).
#pragma once
#include "cuda.cuh"

// Matrix is plain memory with a stride for each coordinate.
struct Matrix {
  const float *data;
  int row_stride, depth_stride;
  using Row = int;
  using Depth = int;
  DEVICE Row row(int r) const { return r * row_stride; }
  DEVICE Depth depth(int k) const { return k * depth_stride; }
  DEVICE float at(Row r, Depth k) const { return data[r + k]; }
};

// Flipped reads convolution weights [O, I, K, K] for the data gradient: rows are input channels, the depth runs over
// output channels and the kernel turned by 180°.
template <int K> struct Flipped {
  const float *data;
  int inputs;
  using Row = int;
  using Depth = int;
  DEVICE Row row(int r) const { return r * (K * K); }
  DEVICE Depth depth(int k) const { return k / (K * K) * inputs * (K * K) + (K * K - 1) - k % (K * K); }
  DEVICE float at(Row r, Depth k) const { return data[r + k]; }
};

// Window is a feature map seen through a K×K window with zeros around: rows are pixels, the depth is (channel, u, v).
template <int K> struct Window {
  Features x;
  int height, width;
  struct Row {
    int base, h, w;
  };
  struct Depth {
    int offset, u, v;
  };
  DEVICE Row row(int pixel) const {
    int area = height * width, n = pixel / area, p = pixel - n * area, h = p / width;
    return {n * x.stride + p, h, p - h * width};
  }
  DEVICE Depth depth(int k) const {
    int channel = k / (K * K), tap = k % (K * K), u = tap / K - K / 2, v = tap % K - K / 2;
    return {(channel * height + u) * width + v, u, v};
  }
  DEVICE float at(Row r, Depth k) const {
    if (K > 1 && ((unsigned)(r.h + k.u) >= (unsigned)height || (unsigned)(r.w + k.v) >= (unsigned)width)) return 0;
    return x.data[r.base + k.offset];
  }
};

// Quad is a feature map of twice the height and width: rows are pixels of the small one, the depth is (channel, u, v)
// with (u, v) one of the four pixels that belong to it.
struct Quad {
  Features x;
  int height, width; // of the small map
  using Row = int;
  using Depth = int;
  DEVICE Row row(int pixel) const {
    int area = height * width, n = pixel / area, p = pixel - n * area, h = p / width;
    return n * x.stride + 4 * h * width + 2 * (p - h * width);
  }
  DEVICE Depth depth(int k) const {
    int channel = k / 4, u = k / 2 % 2, v = k % 2;
    return (channel * 2 * height + u) * 2 * width + v;
  }
  DEVICE float at(Row r, Depth k) const { return x.data[r + k]; }
};

// Turned exchanges rows and depth.
template <class Operand> struct Turned {
  Operand inner;
  using Row = typename Operand::Depth;
  using Depth = typename Operand::Row;
  DEVICE Row row(int r) const { return inner.depth(r); }
  DEVICE Depth depth(int k) const { return inner.row(k); }
  DEVICE float at(Row r, Depth k) const { return inner.at(k, r); }
};
