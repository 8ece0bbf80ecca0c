// Adam over flat vectors.
#include "features.cuh"
#include "math.cuh"

struct Adam {
  float *param;
  const float *grad;
  float *m, *v;
  const float *rates; // rate/(1 − beta1^k), 1/√(1 − beta2^k)
  float beta1, beta2, epsilon;
  int count;
};

KERNEL adam(Adam c) {
  int i = index();
  if (i >= c.count) return;
  float g = c.grad[i];
  float m = c.beta1 * c.m[i] + (1 - c.beta1) * g;
  float v = c.beta2 * c.v[i] + (1 - c.beta2) * g * g;
  c.m[i] = m;
  c.v[i] = v;
  c.param[i] -= c.rates[0] * m / (square_root(v) * c.rates[1] + c.epsilon);
}
