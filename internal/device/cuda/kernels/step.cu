// What goes with an optimizer's step, over flat vectors: weight decay, clipping, accumulation.
#include "features.cuh"
#include "math.cuh"
#include "reduce.cuh"

struct Penalize {
  const float *param;
  float *grad;
  float decay;
  int count;
};

KERNEL penalize(Penalize c) {
  int i = index();
  if (i < c.count) c.grad[i] += c.decay * c.param[i];
}

struct Shrink {
  float *param;
  const float *fraction;
  int count;
};

KERNEL shrink(Shrink c) {
  int i = index();
  if (i < c.count) c.param[i] -= c.fraction[0] * c.param[i];
}

struct Accumulate {
  const float *grad;
  float *mean;
  const float *shares; // of the mean so far, and of grad
  int count;
};

KERNEL accumulate(Accumulate c) {
  int i = index();
  if (i >= c.count) return;
  float sum = c.shares[1] * c.grad[i];
  if (c.shares[0] != 0) sum += c.shares[0] * c.mean[i];
  c.mean[i] = sum;
}

struct Squares {
  const float *grad;
  float *partial; // one for each block
  int count, slice;
};

// squares sums the squares of a slice in each block.
KERNEL squares(Squares c) {
  float sum[1] = {0};
  int end = min(c.count, (block_x() + 1) * c.slice);
  for (int i = block_x() * c.slice + thread(); i < end; i += THREADS) sum[0] += c.grad[i] * c.grad[i];
  block_sum(sum);
  if (thread() == 0) c.partial[block_x()] = sum[0];
}

struct Clip {
  float *grad;
  const float *squares; // sum of the squares
  float largest;
  int count;
};

KERNEL clip(Clip c) {
  int i = index();
  if (i >= c.count) return;
  float norm = square_root(c.squares[0]), factor = c.largest / (norm + 1e-6f);
  if (factor > 1) factor = 1;
  c.grad[i] *= factor + (norm - norm); // NaN if the norm is infinite
}
