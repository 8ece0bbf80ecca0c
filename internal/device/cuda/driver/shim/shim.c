// libcuda.a: every function of include/cuda.h as a jump into the driver, which is looked for when the program starts and
// not when it is linked. So a program that can use a GPU also starts where there is none, and says so.
//
// functions.inc has a line FUNCTION(name) for each function; build.sh writes it.
#include <cuda.h>
#include <dlfcn.h>
#include <stdio.h>

static CUresult missing(void) { return (CUresult)34; } // CUDA_ERROR_STUB_LIBRARY

#if defined(__x86_64__)
#define JUMP(name) "jmp *driver_" #name "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(name) "adrp x16, driver_" #name "\nldr x16, [x16, :lo12:driver_" #name "]\nbr x16\n"
#else
#error "CUDA runs on x86-64 and 64-bit Arm"
#endif

#define FUNCTION(name)                                                                                                 \
  __attribute__((visibility("hidden"), used)) void *driver_##name = (void *)missing;                                   \
  __asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n" JUMP(name));
#include "functions.inc"
#undef FUNCTION

static const struct {
  const char *name;
  void **place;
} functions[] = {
#define FUNCTION(name) {#name, &driver_##name},
#include "functions.inc"
#undef FUNCTION
};

static char problem[512], absent[512];

// r2unet_cuda_problem says why no GPU can be used; empty where one can.
const char *r2unet_cuda_problem(void) { return problem; }

// r2unet_cuda_absent lists the functions that the driver lacks.
const char *r2unet_cuda_absent(void) { return absent; }

// cuInit always succeeds: gorgonia.org/cu calls it before main and would end the program otherwise.
CUresult cuInit(unsigned int flags) {
  void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (!driver) {
    snprintf(problem, sizeof problem, "no NVIDIA driver: %s", dlerror());
    return CUDA_SUCCESS;
  }
  size_t length = 0;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *found = dlsym(driver, functions[i].name);
    if (found) {
      *functions[i].place = found;
    } else if (length < sizeof absent) {
      length += snprintf(absent + length, sizeof absent - length, "%s ", functions[i].name);
    }
  }
  CUresult (*init)(unsigned int) = (CUresult(*)(unsigned int))dlsym(driver, "cuInit");
  CUresult result = init ? init(flags) : missing();
  const char *text = NULL;
  if (result != CUDA_SUCCESS) {
    cuGetErrorString(result, &text);
    snprintf(problem, sizeof problem, "the NVIDIA driver finds no usable GPU: cuInit: %s (%d)", text ? text : "error", result);
  }
  return CUDA_SUCCESS;
}
