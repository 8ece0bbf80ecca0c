// Batch normalization with ReLU, its gradient and its statistics.
#include "features.cuh"
#include "last.cuh"
#include "normalizer.cuh"
#include "statistics.cuh"

struct Activate {
  Features z, residual, y;
  Norm norm;
  Extent extent;
};

// y = relu(norm(z)) + residual
template <int V> DEVICE void activate(const Activate &c) {
  if (index() >= c.extent.count) return;
  Element e(c.extent, index());
  Normalizer norm(c.norm, e.channel, c.extent.channels);
  Vec<V> z = at<V>(c.z, c.extent, e), y;
  UNROLL
  for (int i = 0; i < V; i++) y[i] = relu(norm.activation(z[i]));
  if (c.residual.data) y += at<V>(c.residual, c.extent, e);
  at<V>(c.y, c.extent, e) = y;
}

KERNEL activate_1(Activate c) { activate<1>(c); }
KERNEL activate_4(Activate c) { activate<4>(c); }

struct ActivateGradient {
  Features z, dy, acc, dz;
  Norm norm;
  const float *sums; // [2, channels]: Σ d and Σ d·x̂
  Extent extent;
  float pixels; // N·H·W
};

// dz = acc + gamma·inverse·(d − Σd/pixels − x̂·Σdx̂/pixels), and without a norm acc + d; d is dy where the ReLU let z
// through, else 0.
template <int V> DEVICE void activate_gradient(const ActivateGradient &c) {
  if (index() >= c.extent.count) return;
  Element e(c.extent, index());
  Normalizer norm(c.norm, e.channel, c.extent.channels);
  float dbeta = 0, dgamma = 0;
  if (norm.present) {
    dbeta = c.sums[e.channel] / c.pixels;
    dgamma = c.sums[c.extent.channels + e.channel] / c.pixels;
  }
  Vec<V> z = at<V>(c.z, c.extent, e), d = at<V>(c.dy, c.extent, e);
  UNROLL
  for (int i = 0; i < V; i++) {
    d[i] = norm.activation(z[i]) > 0 ? d[i] : 0;
    if (norm.present) d[i] = norm.gamma * norm.inverse * (d[i] - dbeta - norm.standardized(z[i]) * dgamma);
  }
  if (c.acc.data) d += at<V>(c.acc, c.extent, e);
  at<V>(c.dz, c.extent, e) = d;
}

KERNEL activate_gradient_1(ActivateGradient c) { activate_gradient<1>(c); }
KERNEL activate_gradient_4(ActivateGradient c) { activate_gradient<4>(c); }

// ChannelParts reduces each channel over N·area elements, divided into slices. The last block of a channel to finish
// combines the slices. grid: (slices, channels)
struct ChannelParts {
  Features x, dy;
  Norm norm;
  float *partial; // [slices, rows, channels]
  unsigned *counters; // [channels]
  const float *acc;
  float *out; // [rows, channels]
  int channels, area, total, slice; // area = H·W, total = N·area
};

DEVICE float channel_value(const Features &f, const ChannelParts &c, int i) {
  int n = i / c.area;
  return f.data[(long long)n * f.stride + block_y() * c.area + (i - n * c.area)];
}

// Mean and variance.
KERNEL channel_moments(ChannelParts c) {
  int first = block_x() * c.slice, end = min(first + c.slice, c.total);
  Moments m{0, 0, 0};
  for (int i = first + thread(); i < end; i += THREADS) { // Welford's update
    float v = channel_value(c.x, c, i), d = v - m.mean;
    m.count += 1;
    m.mean += d / m.count;
    m.squares = __builtin_fmaf(d, v - m.mean, m.squares);
  }
  m = block_merge(m, 1);
  if (thread() == 0) {
    float *out = c.partial + 2 * block_x() * c.channels + block_y();
    out[0] = m.mean;
    out[c.channels] = m.squares;
  }
  if (!last_of(c.counters + block_y(), blocks_x())) return;
  m = {0, 0, 0};
  for (int part = thread(); part < blocks_x(); part += THREADS) {
    const float *in = c.partial + 2 * part * c.channels + block_y();
    m = merge(m, {(float)min(c.slice, c.total - part * c.slice), in[0], in[c.channels]});
  }
  m = block_merge(m, 1);
  if (thread() != 0) return;
  c.out[block_y()] = m.mean;
  c.out[c.channels + block_y()] = m.squares / m.count;
}

// finish_sums takes the sums of a slice in v and writes out = acc + those of all slices.
template <int K> DEVICE void finish_sums(float (&v)[K], const ChannelParts &c) {
  block_sum(v);
  if (thread() == 0)
    for (int k = 0; k < K; k++) c.partial[(K * block_x() + k) * c.channels + block_y()] = v[k];
  if (!last_of(c.counters + block_y(), blocks_x())) return;
  for (int k = 0; k < K; k++) {
    v[k] = 0;
    for (int part = thread(); part < blocks_x(); part += THREADS)
      v[k] += c.partial[(K * part + k) * c.channels + block_y()];
  }
  block_sum(v);
  if (thread() != 0) return;
  for (int k = 0; k < K; k++) {
    int at = k * c.channels + block_y();
    c.out[at] = (c.acc ? c.acc[at] : 0) + v[k];
  }
}

// Σ x
KERNEL channel_sums(ChannelParts c) {
  int first = block_x() * c.slice, end = min(first + c.slice, c.total);
  float sum[1] = {0};
  for (int i = first + thread(); i < end; i += THREADS) sum[0] += channel_value(c.x, c, i);
  finish_sums(sum, c);
}

// Σ d and Σ d·x̂
KERNEL norm_gradient_sums(ChannelParts c) {
  int first = block_x() * c.slice, end = min(first + c.slice, c.total);
  Normalizer norm(c.norm, block_y(), c.channels);
  float sum[2] = {0, 0};
  for (int i = first + thread(); i < end; i += THREADS) {
    float z = channel_value(c.x, c, i), d = channel_value(c.dy, c, i);
    if (!(norm.activation(z) > 0)) continue;
    sum[0] += d;
    sum[1] += d * norm.standardized(z);
  }
  finish_sums(sum, c);
}

struct UpdateRunning {
  Statistics stats;
  int channels;
};

KERNEL update_running(UpdateRunning c) {
  int i = index();
  if (i < c.channels) c.stats.update(i, c.channels, c.stats.batch[i], c.stats.batch[c.channels + i]);
}

// SumParts is out[i] = acc[i] + scale·Σ partial[part, i], in a fixed order. grid: blocks of 32 elements
struct SumParts {
  const float *partial, *acc;
  float *out;
  int count, parts;
  float scale;
};

KERNEL sum_parts(SumParts c) {
  constexpr int ELEMENTS = 32, LANES = THREADS / ELEMENTS;
  static __shared__ float scratch[LANES][ELEMENTS];
  int element = thread() % ELEMENTS, lane = thread() / ELEMENTS, i = block_x() * ELEMENTS + element;
  float sum = 0;
  if (i < c.count)
    for (int part = lane; part < c.parts; part += LANES) sum += c.partial[(long long)part * c.count + i];
  scratch[lane][element] = sum;
  barrier();
  if (lane != 0 || i >= c.count) return;
  UNROLL
  for (int l = 1; l < LANES; l++) sum += scratch[l][element];
  c.out[i] = (c.acc ? c.acc[i] : 0) + c.scale * sum;
}
