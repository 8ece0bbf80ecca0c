// A libcuda.so.1 for tests on machines without a GPU. Device memory is the host's; of kernels it knows add_1 and add_4,
// which is enough to see that every argument arrives; captures and graphs keep launches as they were. What is left behind
// when the context is given back is reported as an error.
//
// Streams are as late as the rules allow: work on them is done when somebody waits for it, and nothing else is done before.
// So a kernel that was not told to wait for a copy does not find it. With FAKE_CUDA_FORGETS=follow or =await such a wait is
// left out, for tests of these tests.
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

typedef struct { // what a stream has to do
  enum { COPY, FILL, LAUNCH, FOLLOW } kind;
  void *to;
  const void *from;
  size_t size; // bytes, or words to fill
  unsigned int bits;
  CUfunction function;
  Add args;
  CUstream other; // to follow up to `at`
  long at;
} Operation;

struct CUstream_st {
  Operation queue[4096]; // a ring
  long done, started;
};

struct CUevent_st {
  CUstream stream; // NULL until it is recorded
  long at;
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
static int users, pinned, streams, events;

static int forgets(const char *what) {
  const char *forgotten = getenv("FAKE_CUDA_FORGETS");
  return forgotten && !strcmp(forgotten, what);
}

static void add(int vector, const Add *c) {
  int sample = c->channels * c->area * vector;
  for (int i = 0; i < c->count * vector; i++) {
    int n = i / sample, at = i % sample;
    c->y.data[n * c->y.stride + at] = c->a.data[n * c->a.stride + at] + c->b.data[n * c->b.stride + at];
  }
}

static void advance(CUstream s, long to) {
  while (s->done < to) {
    Operation *o = &s->queue[s->done++ % 4096];
    switch (o->kind) {
    case COPY: memcpy(o->to, o->from, o->size); break;
    case FILL:
      for (size_t i = 0; i < o->size; i++) ((unsigned int *)o->to)[i] = o->bits;
      break;
    case LAUNCH: add(o->function->vector, &o->args); break;
    case FOLLOW: advance(o->other, o->at); break;
    }
  }
}

static CUresult start(CUstream s, Operation o) {
  if (s->started - s->done == 4096) advance(s, s->done + 1); // a queue is never longer on a GPU either
  s->queue[s->started++ % 4096] = o;
  return CUDA_SUCCESS;
}

static CUstream all[64]; // streams, for what waits for all of them
static void finish(void) {
  for (int i = 0; i < 64; i++)
    if (all[i]) advance(all[i], all[i]->started);
}

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
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  return users++, *context = (CUcontext)8, CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return --users == 0 && (pinned || streams || events) ? CUDA_ERROR_CONTEXT_IS_DESTROYED : CUDA_SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext context) { return CUDA_SUCCESS; }
CUresult cuStreamCreate(CUstream *stream, unsigned int flags) {
  int i = 0;
  while (i < 64 && all[i]) i++;
  if (i == 64 || flags != CU_STREAM_NON_BLOCKING) return CUDA_ERROR_INVALID_VALUE;
  streams++;
  return *stream = all[i] = calloc(1, sizeof **stream), CUDA_SUCCESS;
}
CUresult cuStreamDestroy_v2(CUstream stream) {
  for (int i = 0; i < 64; i++)
    if (all[i] == stream) all[i] = NULL;
  streams--;
  return free(stream), CUDA_SUCCESS;
}
CUresult cuStreamSynchronize(CUstream stream) { return advance(stream, stream->started), CUDA_SUCCESS; }
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags) {
  if (!event->stream || forgets("follow")) return CUDA_SUCCESS;
  return start(stream, (Operation){.kind = FOLLOW, .other = event->stream, .at = event->at});
}
CUresult cuEventCreate(CUevent *event, unsigned int flags) {
  return events++, *event = calloc(1, sizeof **event), CUDA_SUCCESS;
}
CUresult cuEventDestroy_v2(CUevent event) { return events--, free(event), CUDA_SUCCESS; }
CUresult cuEventRecord(CUevent event, CUstream stream) {
  return event->stream = stream, event->at = stream->started, CUDA_SUCCESS;
}
CUresult cuEventQuery(CUevent event) {
  return event->stream && event->stream->done < event->at ? CUDA_ERROR_NOT_READY : CUDA_SUCCESS;
}
CUresult cuEventSynchronize(CUevent event) {
  if (event->stream && !forgets("await")) advance(event->stream, event->at);
  return CUDA_SUCCESS;
}

CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  return *free = (size_t)3 << 28, *total = (size_t)1 << 30, CUDA_SUCCESS;
}
CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t bytes) {
  if (bytes > (size_t)1 << 30) return CUDA_ERROR_OUT_OF_MEMORY;
  *p = (CUdeviceptr)aligned_alloc(256, (bytes + 255) / 256 * 256);
  return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr p) { return finish(), free((void *)p), CUDA_SUCCESS; }
CUresult cuMemHostAlloc(void **p, size_t bytes, unsigned int flags) { return pinned++, *p = malloc(bytes), CUDA_SUCCESS; }
CUresult cuMemFreeHost(void *p) { return finish(), pinned--, free(p), CUDA_SUCCESS; }
static CUresult copy(void *to, const void *from, size_t bytes, CUstream stream) {
  return start(stream, (Operation){.kind = COPY, .to = to, .from = from, .size = bytes});
}
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  return copy((void *)to, from, bytes, stream);
}
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return copy(to, (void *)from, bytes, stream);
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return copy((void *)to, (void *)from, bytes, stream);
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned int bits, size_t words, CUstream stream) {
  return start(stream, (Operation){.kind = FILL, .to = (void *)to, .bits = bits, .size = words});
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

CUresult cuLaunchKernel(CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx, unsigned int by,
                        unsigned int bz, unsigned int shared, CUstream stream, void **params, void **extra) {
  const Add *args = params[0];
  if (bx != 256 || by != 1 || bz != 1 || gx * 256 < (unsigned)args->count) return CUDA_ERROR_INVALID_VALUE;
  if (!capture) return start(stream, (Operation){.kind = LAUNCH, .function = f, .args = *args});
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
  for (int i = 0; i < graph->count; i++)
    start(stream, (Operation){.kind = LAUNCH, .function = graph->launches[i].function, .args = graph->launches[i].args});
  return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec exec) { return CUDA_SUCCESS; }
CUresult cuGraphDestroy(CUgraph graph) { return free(graph), CUDA_SUCCESS; }
