// Iteration over feature maps [N, C, H, W], V neighbouring pixels at a time.
#pragma once
#include "cuda.cuh"

// Extent is the part of the shape that element-wise kernels need; area is H·W / V and count N·C·area.
struct Extent {
  int channels, area, count;
};

// Element is one group of V pixels.
struct Element {
  int sample, channel, pixel;
  DEVICE Element(const Extent &x, int index) {
    int plane = index / x.area;
    pixel = index - plane * x.area;
    sample = plane / x.channels;
    channel = plane - sample * x.channels;
  }
};

template <int V> DEVICE Vec<V> &at(const Features &f, const Extent &x, const Element &e) {
  return ((Vec<V> *)(f.data + (long long)e.sample * f.stride))[e.channel * x.area + e.pixel];
}

// index returns the element of this thread in a grid that covers all of them.
DEVICE int index() { return block_x() * THREADS + thread(); }
