// A libcuda.so.1 for tests on machines without a GPU. Device memory is the host's; of kernels it knows add_1 and add_4,
// which is enough to see that every argument arrives; captures and graphs keep launches as they were. Pinned memory is
// counted, so that a leak shows.
#include <cuda.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  float *data;
  int stride;
} Features;

typedef struct {
  Features a, b, y;
  int channels, area, count;
} Add;

struct CUfunc_st {
  int vector;
};

struct CUgraph_st {
  int count;
  struct {
    CUfunction function;
    Add args;
  } launches[64];
};

static struct CUfunc_st add_1 = {1}, add_4 = {4};
static CUgraph capture;
static int pinned;

int fake_pinned_buffers(void) { return pinned; }

CUresult cuInit(unsigned int flags) { return getenv("FAKE_CUDA_INIT") ? atoi(getenv("FAKE_CUDA_INIT")) : CUDA_SUCCESS; }
CUresult cuGetErrorString(CUresult result, const char **text) {
  *text = result == CUDA_ERROR_NO_DEVICE ? "no CUDA-capable device is detected" : "some error";
  return CUDA_SUCCESS;
}
CUresult cuDriverGetVersion(int *version) { return *version = 12040, CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *count) { return *count = 1, CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *device, int ordinal) { return *device = ordinal, CUDA_SUCCESS; }
CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  snprintf(name, length, "Fake GPU");
  return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) { return *bytes = (size_t)1 << 30, CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? (getenv("FAKE_CUDA_OLD") ? 6 : 8) : 0;
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) { return *context = (CUcontext)8, CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) { return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext context) { return CUDA_SUCCESS; }
CUresult cuStreamCreate(CUstream *stream, unsigned int flags) { return *stream = (CUstream)16, CUDA_SUCCESS; }
CUresult cuStreamDestroy_v2(CUstream stream) { return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream stream) { return CUDA_SUCCESS; }
CUresult cuEventCreate(CUevent *event, unsigned int flags) { return *event = (CUevent)24, CUDA_SUCCESS; }
CUresult cuEventDestroy_v2(CUevent event) { return CUDA_SUCCESS; }
CUresult cuEventRecord(CUevent event, CUstream stream) { return CUDA_SUCCESS; }
CUresult cuEventSynchronize(CUevent event) { return CUDA_SUCCESS; }

CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t bytes) {
  if (bytes > (size_t)1 << 30) return CUDA_ERROR_OUT_OF_MEMORY;
  *p = (CUdeviceptr)aligned_alloc(256, (bytes + 255) / 256 * 256);
  return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr p) { return free((void *)p), CUDA_SUCCESS; }
CUresult cuMemHostAlloc(void **p, size_t bytes, unsigned int flags) { return pinned++, *p = malloc(bytes), CUDA_SUCCESS; }
CUresult cuMemFreeHost(void *p) { return pinned--, free(p), CUDA_SUCCESS; }
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  return memcpy((void *)to, from, bytes), CUDA_SUCCESS;
}
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return memcpy(to, (void *)from, bytes), CUDA_SUCCESS;
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned int bits, size_t words, CUstream stream) {
  for (size_t i = 0; i < words; i++) ((unsigned int *)to)[i] = bits;
  return CUDA_SUCCESS;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  if (!strstr(image, ".entry")) return CUDA_ERROR_INVALID_PTX;
  *module = strstr(image, ".entry add_1") ? (CUmodule)32 : (CUmodule)40;
  return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule module) { return CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  if (module != (CUmodule)32) return CUDA_ERROR_NOT_FOUND;
  if (!strcmp(name, "add_1")) return *function = &add_1, CUDA_SUCCESS;
  if (!strcmp(name, "add_4")) return *function = &add_4, CUDA_SUCCESS;
  return CUDA_ERROR_NOT_FOUND;
}

static void add(int vector, const Add *c) {
  int sample = c->channels * c->area * vector;
  for (int i = 0; i < c->count * vector; i++) {
    int n = i / sample, at = i % sample;
    c->y.data[n * c->y.stride + at] = c->a.data[n * c->a.stride + at] + c->b.data[n * c->b.stride + at];
  }
}

CUresult cuLaunchKernel(CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx, unsigned int by,
                        unsigned int bz, unsigned int shared, CUstream stream, void **params, void **extra) {
  const Add *args = params[0];
  if (bx != 256 || by != 1 || bz != 1 || gx * 256 < (unsigned)args->count) return CUDA_ERROR_INVALID_VALUE;
  if (!capture) return add(f->vector, args), CUDA_SUCCESS;
  if (capture->count == 64) return CUDA_ERROR_OUT_OF_MEMORY;
  capture->launches[capture->count].function = f;
  capture->launches[capture->count++].args = *args;
  return CUDA_SUCCESS;
}

CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  if (getenv("FAKE_CUDA_NO_GRAPHS")) return CUDA_ERROR_NOT_SUPPORTED;
  return capture = calloc(1, sizeof *capture), CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) { return *graph = capture, capture = NULL, CUDA_SUCCESS; }
CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long flags) {
  return *exec = (CUgraphExec)graph, CUDA_SUCCESS;
}
CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  CUgraph graph = (CUgraph)exec;
  for (int i = 0; i < graph->count; i++) add(graph->launches[i].function->vector, &graph->launches[i].args);
  return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec exec) { return CUDA_SUCCESS; }
CUresult cuGraphDestroy(CUgraph graph) { return free(graph), CUDA_SUCCESS; }
