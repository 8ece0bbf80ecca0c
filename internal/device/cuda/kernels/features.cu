// Kernels over feature maps: addition, copies, pooling.
#include "features.cuh"

struct Add {
  Features a, b, y;
  Extent extent;
};

template <int V> DEVICE void add(const Add &c) {
  if (index() >= c.extent.count) return;
  Element e(c.extent, index());
  at<V>(c.y, c.extent, e) = at<V>(c.a, c.extent, e) + at<V>(c.b, c.extent, e);
}

KERNEL add_1(Add c) { add<1>(c); }
KERNEL add_4(Add c) { add<4>(c); }

struct Copy {
  Features x, y;
  Extent extent;
};

template <int V> DEVICE void copy(const Copy &c) {
  if (index() >= c.extent.count) return;
  Element e(c.extent, index());
  at<V>(c.y, c.extent, e) = at<V>(c.x, c.extent, e);
}

KERNEL copy_1(Copy c) { copy<1>(c); }
KERNEL copy_4(Copy c) { copy<4>(c); }

// Pool is 2×2 maximum pooling with stride 2; the extent is that of the small map, and width its width.
struct Pool {
  Features x, y; // y is dy in the gradient
  Features acc, dx;
  Extent extent;
  int width;
};

// Corners are the four pixels of a window of the large map, in row-major order.
struct Corners {
  float *first;
  int width;
  DEVICE Corners(const Features &f, const Pool &c, const Element &e) : width(2 * c.width) {
    int h = e.pixel / c.width, w = e.pixel - h * c.width;
    first = f.data + (long long)e.sample * f.stride + (long long)e.channel * 4 * c.extent.area + 2 * (h * width + w);
  }
  DEVICE float &operator[](int i) const { return first[i / 2 * width + i % 2]; }
};

KERNEL max_pool(Pool c) {
  if (index() >= c.extent.count) return;
  Element e(c.extent, index());
  Corners x(c.x, c, e);
  float best = x[0];
  UNROLL
  for (int i = 1; i < 4; i++) best = x[i] > best ? x[i] : best;
  at<1>(c.y, c.extent, e) = best;
}

KERNEL max_pool_gradient(Pool c) {
  if (index() >= c.extent.count) return;
  Element e(c.extent, index());
  Corners x(c.x, c, e), dx(c.dx, c, e), acc(c.acc.data ? c.acc : c.dx, c, e);
  float best = x[0], d = at<1>(c.y, c.extent, e).x;
  int winner = 0;
  UNROLL
  for (int i = 1; i < 4; i++)
    if (x[i] > best) best = x[i], winner = i;
  UNROLL
  for (int i = 0; i < 4; i++) dx[i] = (c.acc.data ? acc[i] : 0) + (i == winner ? d : 0);
}
