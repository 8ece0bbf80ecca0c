package cuda

import "unsafe"

// The argument structs of the kernels, field by field as in kernels/*.cu and *.cuh: Go lays them out as C does. The
// driver and the simulator check their sizes.

type featureArg struct {
	data   uint64
	stride int32 // elements between samples
	_      int32
}

type extentArg struct{ channels, area, count int32 }

type normArg struct {
	stats, gamma, beta uint64
	epsilon            float32
	_                  int32
}

type statisticsArg struct {
	batch, running       uint64
	keep, take, unbiased float32
	_                    int32
}

// slicesArg are the slices of a product's depth.
type slicesArg struct {
	partial, counters uint64
	depth             int32
	_                 int32
}

type epilogueArgs struct {
	bias                   uint64
	norm                   normArg
	addend, residual, z, y featureArg
	partial, counters      uint64
	stats                  statisticsArg
	channels, area         int32
}

type convArgs struct {
	x                              featureArg
	w                              uint64
	samples, inputs, height, width int32
	slices                         slicesArg
	out                            epilogueArgs
}

type convDataArgs struct {
	conv convArgs
	sums gradientSumsArg
}

type gradientSumsArg struct {
	z                      featureArg
	norm                   normArg
	partial, counters, out uint64
}

type upConvArgs struct {
	x                                       featureArg
	w, bias                                 uint64
	y                                       featureArg
	samples, inputs, outputs, height, width int32
	_                                       int32
}

type weightGradientArgs struct {
	left, right                           featureArg
	slices                                slicesArg
	acc, out                              uint64
	samples, height, width, rows, columns int32
	_                                     int32
}

type addArgs struct {
	a, b, y featureArg
	extent  extentArg
	_       int32
}

type copyArgs struct {
	x, y   featureArg
	extent extentArg
	_      int32
}

type poolArgs struct {
	x, y, acc, dx featureArg
	extent        extentArg
	width         int32
}

type activateArgs struct {
	z, residual, y featureArg
	norm           normArg
	extent         extentArg
	_              int32
}

type activateGradientArgs struct {
	z, dy, acc, dz featureArg
	norm           normArg
	sums           uint64
	extent         extentArg
	pixels         float32
}

type channelPartsArgs struct {
	x, dy                        featureArg
	norm                         normArg
	partial, counters, acc, out  uint64
	channels, area, total, slice int32
}

type updateRunningArgs struct {
	stats    statisticsArg
	channels int32
	_        int32
}

type sumPartsArgs struct {
	partial, acc, out uint64
	count, parts      int32
	scale             float32
	_                 int32
}

type lossPartsArgs struct {
	logits, target     featureArg
	partial            uint64
	area, total, slice int32
	_                  int32
}

type scoreValueArgs struct {
	sums, scores uint64
	total        int32
	_            int32
}

type lossValueArgs struct {
	logits, target, gradient featureArg
	sums, loss               uint64
	bce, dice                float32
	area, total              int32
}

type adamArgs struct {
	param, grad, m, v, rates uint64
	beta1, beta2, epsilon    float32
	count                    int32
}

type penalizeArgs struct {
	param, grad uint64
	decay       float32
	count       int32
}

type shrinkArgs struct {
	param, fraction uint64
	count           int32
	_               int32
}

type accumulateArgs struct {
	grad, mean, shares uint64
	count              int32
	_                  int32
}

type squaresArgs struct {
	grad, partial uint64
	count, slice  int32
}

type clipArgs struct {
	grad, squares uint64
	largest       float32
	count         int32
}

// bytesOf returns a copy of the memory of an argument struct.
func bytesOf[T any](args T) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&args)), unsafe.Sizeof(args))...)
}
