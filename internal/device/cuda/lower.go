package cuda

import (
	"fmt"
	"math"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// threads is the size of every block.
const threads = 256

// A lowering converts calls into launches. It runs twice: with no memory bound, to compute the size of the scratch
// memory, and then with memory.
type lowering struct {
	device       *Device
	arena        uint64
	scratch      uint64
	scratchWords int64 // the largest need of a call
	counters     uint64
	counterWords int64 // the largest need of a launch
	// running maps batch statistics to the update of running statistics that their convolution also computes.
	running map[*device.Tensor]*calls.UpdateRunning
	// sums maps a data gradient to the sums of a norm's gradient that it also computes, and taken holds all of these
	// sums.
	sums  map[*calls.ConvGradData]*calls.NormGradSums
	taken map[*calls.NormGradSums]bool

	at       int      // index of the present call in the plan
	defined  []int    // calls without a kernel
	launches []launch // of the present call
	used     int64    // scratch words of the present call
	counted  int64    // counters of the present launch
	err      error    // the first error of the present call
}

func (l *lowering) all(list []device.Call) ([][]launch, error) {
	all := make([][]launch, len(list))
	l.running = joinRunning(list)
	l.sums, l.taken = joinSums(list)
	for i, c := range list {
		l.launches, l.used, l.at = nil, 0, i
		l.call(c)
		if l.err != nil {
			return nil, fmt.Errorf("cuda: compile call %d, %s: %w", i, c.Name(), l.err)
		}
		all[i] = l.launches
		l.scratchWords = max(l.scratchWords, l.used)
	}
	return all, nil
}

func (l *lowering) call(call device.Call) {
	if l.device.options.Definitions || !calls.Basic(call) {
		l.fallback(call)
		return
	}
	switch c := call.(type) {
	case *calls.Conv:
		l.conv(c)
	case *calls.ConvGradData:
		l.convGradData(c)
	case *calls.ConvGradWeight:
		l.convGradWeight(c)
	case *calls.UpConv:
		l.upConv(c)
	case *calls.UpConvGradData:
		l.upConvGradData(c)
	case *calls.UpConvGradWeight:
		l.upConvGradWeight(c)
	case *calls.BatchStats:
		l.batchStats(c)
	case *calls.UpdateRunning:
		l.updateRunning(c)
	case *calls.Activate:
		l.activate(c.Z, c.Norm, c.Residual, c.Y)
	case *calls.NormGradSums:
		l.normGradSums(c)
	case *calls.ActivateGrad:
		l.activateGrad(c)
	case *calls.Add:
		l.add(c)
	case *calls.Concat:
		l.concat(c)
	case *calls.Slice:
		l.copyChannels(c.X, c.Start, c.Y, 0, c.Y.Shape[1])
	case *calls.MaxPool:
		l.maxPool(c)
	case *calls.MaxPoolGrad:
		l.maxPoolGrad(c)
	case *calls.ChannelSum:
		l.channelSum(c)
	case *calls.Loss:
		l.loss(c)
	case *calls.LossGrad:
		l.lossGrad(c)
	case *calls.Scores:
		l.scores(c)
	case *calls.Sigmoid:
		l.sigmoid(c)
	case *calls.Adam:
		l.adam(c)
	case *calls.Penalize:
		l.penalize(c)
	case *calls.Shrink:
		l.shrink(c)
	case *calls.Clip:
		l.clip(c)
	case *calls.Accumulate:
		l.accumulate(c)
	default:
		l.fallback(call)
	}
}

func (l *lowering) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// start appends a launch of a kernel with a struct of arguments.
func start[T any](l *lowering, kernel string, grid [3]int, args T) {
	handle, found := l.device.handles[kernel]
	if !found {
		var err error
		if handle, err = l.device.driver.Kernel(kernel); err != nil {
			l.fail(err)
			return
		}
		l.device.handles[kernel] = handle
	}
	l.launches = append(l.launches, launch{kernel: handle, grid: grid, params: bytesOf(args)})
	l.counterWords, l.counted = max(l.counterWords, l.counted), 0
}

// temporary allocates scratch memory for the present call.
func (l *lowering) temporary(words int) uint64 {
	at := l.scratch + uint64(4*l.used)
	l.used += int64(words+63) / 64 * 64
	return at
}

// counter allocates zeroed memory for the next launch, which leaves it zeroed.
func (l *lowering) counter(words int) uint64 {
	at := l.counters + uint64(4*l.counted)
	l.counted += int64(words)
	return at
}

// base returns the tensor that owns the memory of t, its address, and the offset of t in it.
func (l *lowering) base(t *device.Tensor) (root *device.Tensor, address uint64, start int) {
	root, start = t.Place()
	if root.Buffer == nil {
		return root, l.arena + uint64(4*root.Offset), start
	}
	b, ok := root.Buffer.(*buffer)
	if !ok {
		l.fail(fmt.Errorf("%s lies in a %T, which is not a buffer of this device", t, root.Buffer))
		return root, 0, start
	}
	return root, b.address, start
}

// plain returns the address of a row-major tensor; 0 if it is absent.
func (l *lowering) plain(t *device.Tensor) uint64 {
	if t == nil {
		return 0
	}
	_, address, start := l.base(t)
	return address + uint64(4*start)
}

// features returns the argument for a feature map; the zero value if it is absent.
func (l *lowering) features(t *device.Tensor) featureArg { return l.channelsOf(t, 0) }

// channelsOf returns the argument for a feature map from one of its channels on.
func (l *lowering) channelsOf(t *device.Tensor, first int) featureArg {
	if t == nil {
		return featureArg{}
	}
	root, address, start := l.base(t)
	plane, stride := t.Shape[2]*t.Shape[3], root.Shape[1]*t.Shape[2]*t.Shape[3]
	if t.Shape[0]*stride > math.MaxInt32 {
		l.fail(fmt.Errorf("%s is in a map of %d elements; kernels count to 2³¹", t, t.Shape[0]*stride))
	}
	return featureArg{data: address + uint64(4*(start+first)*plane), stride: int32(stride)}
}

func (l *lowering) norm(n *calls.Norm) normArg {
	if n == nil {
		return normArg{}
	}
	return normArg{stats: l.plain(n.Stats), gamma: l.plain(n.Gamma), beta: l.plain(n.Beta), epsilon: float32(n.Epsilon)}
}

// vectors chooses the number of neighbouring pixels that a thread processes, 4 if all maps allow it and else 1, and
// the matching extent and grid.
func vectors(shape []int, maps ...featureArg) (suffix string, extent extentArg, grid [3]int) {
	v, area := 4, shape[2]*shape[3]
	if area%4 != 0 {
		v = 1
	}
	for _, m := range maps {
		if m.data%16 != 0 || m.stride%4 != 0 {
			v = 1
		}
	}
	extent, grid = span(shape, v)
	return map[int]string{1: "_1", 4: "_4"}[v], extent, grid
}

// span returns the extent of a map and the grid of its elements, v at a time.
func span(shape []int, v int) (extentArg, [3]int) {
	area := shape[2] * shape[3] / v
	count := shape[0] * shape[1] * area
	return extentArg{channels: int32(shape[1]), area: int32(area), count: int32(count)}, flat(count)
}

// flat returns the grid of n threads.
func flat(n int) [3]int { return [3]int{ceil(n, threads), 1, 1} }

func ceil(a, b int) int { return (a + b - 1) / b }
