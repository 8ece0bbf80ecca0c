// The loss of binary segmentation, its gradient, and the scores of a batch.
#include "features.cuh"
#include "math.cuh"
#include "reduce.cuh"

// Pixels are logits and targets [N, 1, H, W]; a target below 0 says that its pixel is ignored.
// grid: blocks of `slice` pixels
struct LossParts {
  Features logits, target;
  float *partial; // [slices, 5] or [slices, 3]
  int area, total, slice;
};

struct Pixel {
  float logit, target;
  DEVICE Pixel(const Features &logits, const Features &targets, int area, int i) {
    int n = i / area, p = i - n * area;
    logit = logits.data[(long long)n * logits.stride + p];
    target = targets.data[(long long)n * targets.stride + p];
  }
};

// Σ binary cross-entropy, Σ p·t, Σ p, Σ t and the number of ignored pixels of each slice.
KERNEL loss_sums(LossParts c) {
  int first = block_x() * c.slice, end = min(first + c.slice, c.total);
  float sum[5] = {0, 0, 0, 0, 0};
  for (int i = first + thread(); i < end; i += THREADS) {
    Pixel x(c.logits, c.target, c.area, i);
    if (x.target < 0) {
      sum[4] += 1;
      continue;
    }
    float p = sigmoid(x.logit);
    sum[0] += relu(x.logit) - x.logit * x.target + log1p_unit(exponential(x.logit < 0 ? x.logit : -x.logit));
    sum[1] += p * x.target;
    sum[2] += p;
    sum[3] += x.target;
  }
  block_sum(sum);
  if (thread() == 0)
    for (int k = 0; k < 5; k++) c.partial[5 * block_x() + k] = sum[k];
}

// Σ (p − t)², the number of correct and that of ignored pixels of each slice.
KERNEL score_sums(LossParts c) {
  int first = block_x() * c.slice, end = min(first + c.slice, c.total);
  float sum[3] = {0, 0, 0};
  for (int i = first + thread(); i < end; i += THREADS) {
    Pixel x(c.logits, c.target, c.area, i);
    if (x.target < 0) {
      sum[2] += 1;
      continue;
    }
    float d = sigmoid(x.logit) - x.target;
    sum[0] += d * d;
    sum[1] += (x.logit > 0) == (x.target > 0.5f) ? 1 : 0;
  }
  block_sum(sum);
  if (thread() == 0)
    for (int k = 0; k < 3; k++) c.partial[3 * block_x() + k] = sum[k];
}

// The number by which a mean over pixels divides, which is 1 if all are ignored.
DEVICE float counted(int total, float ignored) {
  float count = total - ignored;
  return count > 0 ? count : 1;
}

struct ScoreValue {
  const float *sums; // of score_sums
  float *scores;     // [2]
  int total;
};

KERNEL score_value(ScoreValue c) {
  if (thread() < 2) c.scores[thread()] = c.sums[thread()] * (1.0f / counted(c.total, c.sums[2]));
}

// LossValue is bce·Σbce/counted + dice·(1 − (2Σpt + 1)/(Σp + Σt + 1)), and its gradient with respect to the logits.
struct LossValue {
  Features logits, target, gradient;
  const float *sums; // of loss_sums
  float *loss;
  float bce, dice;
  int area, total;
};

KERNEL loss_value(LossValue c) {
  if (thread() != 0) return;
  float loss = 0;
  if (c.bce != 0) loss += c.bce * (c.sums[0] / counted(c.total, c.sums[4]));
  if (c.dice != 0) loss += c.dice * (1 - (2 * c.sums[1] + 1) / (c.sums[2] + c.sums[3] + 1));
  c.loss[0] = loss;
}

KERNEL loss_gradient(LossValue c) {
  if (index() >= c.total) return;
  Pixel x(c.logits, c.target, c.area, index());
  float p = sigmoid(x.logit), d = c.bce / counted(c.total, c.sums[4]) * (p - x.target);
  if (c.dice != 0) {
    float size = c.sums[2] + c.sums[3] + 1;
    d += c.dice * ((2 * c.sums[1] + 1) / (size * size) - 2 * x.target / size) * p * (1 - p);
  }
  if (x.target < 0) d = 0;
  int n = index() / c.area;
  c.gradient.data[(long long)n * c.gradient.stride + (index() - n * c.area)] = d;
}

struct Sigmoid {
  Features logits, p;
  Extent extent;
};

KERNEL sigmoid_1(Sigmoid c) {
  if (index() >= c.extent.count) return;
  Element e(c.extent, index());
  at<1>(c.p, c.extent, e) = sigmoid(at<1>(c.logits, c.extent, e).x);
}
