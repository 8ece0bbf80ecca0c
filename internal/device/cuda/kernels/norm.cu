// Batch normalization with ReLU, its gradient and its statistics.
#include "features.cuh"
#include "normalizer.cuh"
#include "reduce.cuh"

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

// dz = acc + gamma·inverse·(d − Σd/pixels − x̂·Σdx̂/pixels), and without a norm acc + d; d is dy where the ReLU let z through.
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

// ChannelParts reduces each channel over N·area elements, cut into slices. grid: (slices, channels)
struct ChannelParts {
  Features x, dy;
  Norm norm;
  float *partial; // [slices, rows, channels]
  int channels, area, total, slice; // area = H·W, total = N·area
};

DEVICE float channel_value(const Features &f, const ChannelParts &c, int i) {
  int n = i / c.area;
  return f.data[(long long)n * f.stride + block_y() * c.area + (i - n * c.area)];
}

// Mean and squared distances of each slice.
KERNEL channel_moments(ChannelParts c) {
  int first = block_x() * c.slice, end = min(first + c.slice, c.total);
  Moments m{0, 0, 0};
  for (int i = first + thread(); i < end; i += THREADS) { // Welford's update
    float v = channel_value(c.x, c, i), d = v - m.mean;
    m.count += 1;
    m.mean += d / m.count;
    m.squares = __builtin_fmaf(d, v - m.mean, m.squares);
  }
  m = block_merge(m);
  if (thread() != 0) return;
  float *out = c.partial + 2 * block_x() * c.channels + block_y();
  out[0] = m.mean;
  out[c.channels] = m.squares;
}

// Σ x of each slice.
KERNEL channel_sums(ChannelParts c) {
  int first = block_x() * c.slice, end = min(first + c.slice, c.total);
  float sum[1] = {0};
  for (int i = first + thread(); i < end; i += THREADS) sum[0] += channel_value(c.x, c, i);
  block_sum(sum);
  if (thread() == 0) c.partial[block_x() * c.channels + block_y()] = sum[0];
}

// Σ d and Σ d·x̂ of each slice.
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
  block_sum(sum);
  if (thread() != 0) return;
  float *out = c.partial + 2 * block_x() * c.channels + block_y();
  out[0] = sum[0];
  out[c.channels] = sum[1];
}

// JoinMoments makes [2, channels] mean and biased variance of parts with `each` pixels, the last one less. grid: channels
struct JoinMoments {
  const float *partial; // [parts, 2, channels]
  float *stats;
  int channels, parts, each, total;
};

KERNEL join_moments(JoinMoments c) {
  Moments m{0, 0, 0};
  for (int part = thread(); part < c.parts; part += THREADS) {
    const float *in = c.partial + 2 * part * c.channels + block_x();
    m = merge(m, {(float)min(c.each, c.total - part * c.each), in[0], in[c.channels]});
  }
  m = block_merge(m);
  if (thread() != 0) return;
  c.stats[block_x()] = m.mean;
  c.stats[c.channels + block_x()] = m.squares / m.count;
}

struct UpdateRunning {
  const float *stats;
  float *running;   // both [2, channels]
  float keep, take; // 1 − momentum, momentum
  float unbiased;   // count/(count − 1)
  int channels;
};

KERNEL update_running(UpdateRunning c) {
  int i = index();
  if (i >= 2 * c.channels) return;
  float batch = i < c.channels ? c.stats[i] : c.stats[i] * c.unbiased;
  c.running[i] = c.keep * c.running[i] + c.take * batch;
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
