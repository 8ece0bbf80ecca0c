// The part of CUDA C++ that these kernels use, for a clang without a CUDA toolkit.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __launch_bounds__(threads) __attribute__((launch_bounds(threads)))
#define DEVICE __device__ inline __attribute__((always_inline))

// Every kernel runs in blocks of this many threads.
constexpr int THREADS = 256;
#define KERNEL extern "C" __global__ void __launch_bounds__(256)

#define UNROLL _Pragma("unroll")

// Vec is V neighbouring floats, moved as one.
template <int V> using Vec = float __attribute__((ext_vector_type(V)));

DEVICE int thread() { return __nvvm_read_ptx_sreg_tid_x(); }
DEVICE int block_x() { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE int block_y() { return __nvvm_read_ptx_sreg_ctaid_y(); }
DEVICE int block_z() { return __nvvm_read_ptx_sreg_ctaid_z(); }
DEVICE int blocks_x() { return __nvvm_read_ptx_sreg_nctaid_x(); }
DEVICE int blocks_y() { return __nvvm_read_ptx_sreg_nctaid_y(); }
DEVICE int blocks_z() { return __nvvm_read_ptx_sreg_nctaid_z(); }
DEVICE void barrier() { __syncthreads(); }

DEVICE int ceil_div(int a, int b) { return (a + b - 1) / b; }
DEVICE int min(int a, int b) { return a < b ? a : b; }

// A feature map [N, C, H, W] in row-major order, or C channels of a wider one: `stride` elements lie between samples.
struct Features {
  float *data;
  int stride;
};
