// Batch normalization of one channel. Forward and backward use the same expressions, so that both agree on which pixels
// the ReLU let through.
#pragma once
#include "math.cuh"

struct Norm {
  const float *stats, *gamma, *beta; // [2, channels]: mean and variance; [channels]; [channels]
  float epsilon;
};

struct Normalizer {
  float mean, inverse, gamma, beta;
  bool present;

  DEVICE Normalizer(const Norm &n, int channel, int channels)
      : mean(0), inverse(1), gamma(1), beta(0), present(n.stats != nullptr) {
    if (!present) return;
    mean = n.stats[channel];
    inverse = 1.0f / square_root(n.stats[channels + channel] + n.epsilon);
    gamma = n.gamma[channel];
    beta = n.beta[channel];
  }
  DEVICE float standardized(float z) const { return (z - mean) * inverse; }
  DEVICE float activation(float z) const { return present ? gamma * standardized(z) + beta : z; }
};
