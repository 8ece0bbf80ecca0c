// Sums over a block, in one fixed order: the same numbers give the same bits in every run.
#pragma once
#include "cuda.cuh"

// block_sum writes the sum of v[k] over the block to v[k] of thread 0.
template <int K> DEVICE void block_sum(float (&v)[K]) {
  static __shared__ float scratch[K][THREADS];
  int t = thread();
  for (int k = 0; k < K; k++) scratch[k][t] = v[k];
  for (int half = THREADS / 2; half > 0; half /= 2) {
    barrier();
    if (t < half)
      for (int k = 0; k < K; k++) scratch[k][t] += scratch[k][t + half];
  }
  if (t == 0)
    for (int k = 0; k < K; k++) v[k] = scratch[k][0];
}

// Moments are the count, the mean and the sum of squared distances from it, of a set of numbers.
struct Moments {
  float count, mean, squares;
};

// merge combines the moments of two sets (Chan, Golub and LeVeque 1979); unlike sums of squares it has no
// cancellation.
DEVICE Moments merge(Moments a, Moments b) {
  if (b.count == 0) return a;
  if (a.count == 0) return b;
  float count = a.count + b.count, delta = b.mean - a.mean, share = b.count / count;
  return {count, a.mean + delta * share, a.squares + b.squares + delta * delta * a.count * share};
}

// block_merge combines the sets of all threads whose numbers differ by a multiple of `apart`, a power of 2; then
// threads 0 … apart−1 have the moments.
DEVICE Moments block_merge(Moments m, int apart) {
  static __shared__ float count[THREADS], mean[THREADS], squares[THREADS];
  int t = thread();
  for (int half = THREADS / 2; half >= apart; half /= 2) {
    barrier();
    count[t] = m.count, mean[t] = m.mean, squares[t] = m.squares;
    barrier();
    if (t < half) m = merge(m, {count[t + half], mean[t + half], squares[t + half]});
  }
  return m;
}
