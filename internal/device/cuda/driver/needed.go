//go:build r2gpu

package driver

import "slices"

// needed are the functions of the driver API that this package calls, directly or through cu.
var needed = []string{
	"cuCtxSetCurrent", "cuDeviceGet", "cuDeviceGetAttribute", "cuDeviceGetCount", "cuDeviceGetName",
	"cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRetain", "cuDeviceTotalMem_v2", "cuDriverGetVersion",
	"cuEventCreate", "cuEventDestroy_v2", "cuEventQuery", "cuEventRecord", "cuEventSynchronize", "cuGetErrorString",
	"cuGraphDestroy", "cuGraphExecDestroy", "cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuLaunchKernel",
	"cuMemAlloc_v2", "cuMemFreeHost", "cuMemFree_v2", "cuMemGetInfo_v2", "cuMemHostAlloc", "cuMemcpyDtoDAsync_v2",
	"cuMemcpyDtoHAsync_v2", "cuMemcpyHtoDAsync_v2", "cuMemsetD32Async", "cuModuleGetFunction", "cuModuleLoadData",
	"cuModuleUnload", "cuStreamBeginCapture_v2", "cuStreamCreate", "cuStreamDestroy_v2", "cuStreamEndCapture",
	"cuStreamSynchronize", "cuStreamWaitEvent",
}

// Missing returns those of them that this driver lacks.
func Missing() []string {
	absent := Absent()
	return slices.DeleteFunc(slices.Clone(needed), func(name string) bool { return !slices.Contains(absent, name) })
}
