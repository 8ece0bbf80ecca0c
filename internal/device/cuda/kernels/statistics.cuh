// The statistics of a batch, and the running ones that follow them.
#pragma once
#include "reduce.cuh"

struct Statistics {
  float *batch;        // [2, channels]: mean and biased variance
  float *running;      // the same of all batches, or null
  float keep, take;    // 1 − momentum, momentum
  float unbiased;      // count/(count − 1)

  DEVICE void write(int channel, int channels, Moments m) const {
    float variance = m.squares / m.count;
    batch[channel] = m.mean;
    batch[channels + channel] = variance;
    if (running) update(channel, channels, m.mean, variance);
  }
  DEVICE void update(int channel, int channels, float mean, float variance) const {
    running[channel] = keep * running[channel] + take * mean;
    running[channels + channel] = keep * running[channels + channel] + take * (variance * unbiased);
  }
};
