// Functions that NVIDIA's libdevice would provide.
#pragma once
#include "cuda.cuh"

DEVICE float square_root(float x) { return __nvvm_sqrt_rn_f(x); }

// exponential is e^x to about 2 ulp: 2^x, corrected for the rounding of x·log2(e).
DEVICE float exponential(float x) {
  const float log2e = 1.44269502f, log2e_rest = 1.92596299e-8f, ln2 = 0.693147182f;
  x = x < -126.0f ? -126.0f : x > 126.0f ? 126.0f : x; // NaN stays; losses and sigmoids are flat out there
  float t = x * log2e;
  float rest = __builtin_fmaf(x, log2e, -t) + x * log2e_rest;
  float power = __nvvm_ex2_approx_f(t);
  return __builtin_fmaf(power, rest * ln2, power);
}

// log1p_unit is log(1 + y) for y in [0, 1], as 2·atanh(y/(2 + y)).
DEVICE float log1p_unit(float y) {
  float s = y / (2.0f + y), q = s * s;
  float series = 1.0f / 17;
  series = __builtin_fmaf(series, q, 1.0f / 15);
  series = __builtin_fmaf(series, q, 1.0f / 13);
  series = __builtin_fmaf(series, q, 1.0f / 11);
  series = __builtin_fmaf(series, q, 1.0f / 9);
  series = __builtin_fmaf(series, q, 1.0f / 7);
  series = __builtin_fmaf(series, q, 1.0f / 5);
  series = __builtin_fmaf(series, q, 1.0f / 3);
  series = __builtin_fmaf(series, q, 1.0f);
  return 2.0f * s * series;
}

// sigmoid divides by 1 + e^(−|x|) in both directions, so that neither tail loses its digits.
DEVICE float sigmoid(float x) {
  float e = exponential(x < 0 ? x : -x);
  float q = 1.0f / (1.0f + e);
  return x < 0 ? e * q : q;
}

// relu propagates NaN, so that reads of memory that nobody wrote remain visible.
DEVICE float relu(float x) { return x <= 0 ? 0 : x; }
