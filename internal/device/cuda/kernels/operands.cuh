// Convolutions as matrix products. An operand has rows and a depth; the depth is processed in stages of DEPTH steps,
// and what is the same for a whole stage is computed once. Beyond its depth, and where `valid` is false, an operand
// is zero, by a predicate and not by a branch: hence `&` where `&&` would jump.
#pragma once
#include "cuda.cuh"

constexpr int DEPTH = 16; // steps of a stage

// padded returns the number of channels over which K×K taps are iterated: all steps of a stage have the same tap.
template <int K> DEVICE int padded(int channels) { return K == 1 ? channels : ceil_div(channels, DEPTH) * DEPTH; }

// Matrix is plain memory with a stride for each coordinate.
struct Matrix {
  const float *data;
  int row_stride, depth_stride, depth;
  using Row = int;
  using Stage = int;
  DEVICE Row row(int r) const { return r * row_stride; }
  DEVICE Stage stage(int k0) const { return k0; }
  DEVICE float at(Row r, Stage k0, int d, bool valid) const {
    valid = valid & (k0 + d < depth);
    return valid ? data[r + (k0 + d) * depth_stride] : 0;
  }
};

// Weights are those of a K×K convolution, [O, I, K, K]: rows are channels of one side, the depth is (tap, channel of
// the other side). For the data gradient the kernel is rotated by 180°.
template <int K> struct Weights {
  const float *data;
  int row_stride, channel_stride, channels; // channels of the depth
  bool turned;
  using Row = int;
  struct Stage {
    int channel, tap;
  };
  DEVICE Row row(int r) const { return r * row_stride; }
  DEVICE Stage stage(int k0) const {
    int tap = K == 1 ? 0 : k0 / padded<K>(channels);
    return {k0 - tap * padded<K>(channels), turned ? K * K - 1 - tap : tap};
  }
  DEVICE float at(Row r, Stage s, int d, bool valid) const {
    valid = valid & (s.channel + d < channels);
    return valid ? data[r + (s.channel + d) * channel_stride + s.tap] : 0;
  }
};

// Window is a feature map seen through a K×K window with zero padding: rows are pixels, the depth is (tap, channel).
template <int K> struct Window {
  Features x;
  int channels, height, width;
  struct Row {
    int base, h, w;
  };
  struct Stage {
    int channel, offset, u, v;
  };
  struct Column { // an input channel and tap, in the order of the weights in memory
    int offset, u, v;
  };
  DEVICE Row row(int pixel) const {
    int area = height * width, n = pixel / area, p = pixel - n * area, h = p / width;
    return {n * x.stride + p, h, p - h * width};
  }
  DEVICE Stage stage(int k0) const {
    int tap = K == 1 ? 0 : k0 / padded<K>(channels), channel = k0 - tap * padded<K>(channels);
    int u = tap / K - K / 2, v = tap % K - K / 2;
    return {channel, channel * height * width + u * width + v, u, v};
  }
  DEVICE Column column(int n) const {
    int channel = n / (K * K), tap = n % (K * K), u = tap / K - K / 2, v = tap % K - K / 2;
    return {(channel * height + u) * width + v, u, v};
  }
  DEVICE bool inside(Row r, int u, int v) const {
    return K == 1 || ((unsigned)(r.h + u) < (unsigned)height) & ((unsigned)(r.w + v) < (unsigned)width);
  }
  DEVICE float at(Row r, Stage s, int d, bool valid) const {
    valid = valid & (s.channel + d < channels) & inside(r, s.u, s.v);
    return valid ? x.data[r.base + s.offset + d * (height * width)] : 0;
  }
  DEVICE float at(Column c, Row r, bool valid) const {
    valid = valid & inside(r, c.u, c.v);
    return valid ? x.data[r.base + c.offset] : 0;
  }
};

// Quad is a feature map of twice the height and width: rows are pixels of the small one, the depth is (channel, u, v)
// with (u, v) one of the four pixels that belong to it.
struct Quad {
  Features x;
  int channels, height, width; // height and width of the small map
  using Row = int;
  using Stage = int;
  using Column = int;
  DEVICE Row row(int pixel) const {
    int area = height * width, n = pixel / area, p = pixel - n * area, h = p / width;
    return n * x.stride + 4 * h * width + 2 * (p - h * width);
  }
  DEVICE Stage stage(int k0) const { return k0; }
  DEVICE Column column(int n) const {
    int channel = n / 4, u = n / 2 % 2, v = n % 2;
    return (channel * 2 * height + u) * 2 * width + v;
  }
  DEVICE float at(Row r, Stage k0, int d, bool valid) const {
    return at(column(k0 + d), r, valid & (k0 + d < 4 * channels));
  }
  DEVICE float at(Column c, Row r, bool valid) const { return valid ? x.data[r + c] : 0; }
};

// Turned has the columns of a feature map as rows and its pixels, up to `end`, as depth.
template <class Map> struct Turned {
  Map map;
  int end;
  using Row = typename Map::Column;
  using Stage = int;
  DEVICE Row row(int r) const { return map.column(r); }
  DEVICE Stage stage(int k0) const { return k0; }
  DEVICE float at(Row r, Stage k0, int d, bool valid) const {
    return map.at(r, map.row(min(k0 + d, end - 1)), valid & (k0 + d < end));
  }
};
