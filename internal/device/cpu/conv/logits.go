package conv

import (
	"math"

	"r2unet/internal/device/cpu/layout"
)

// logitArgs are the arguments of the kernel of logits; the assembly depends on the order of the fields. It computes,
// for groups of logitPixels neighbouring pixels, the sum over 16 channels of each plane in float64, rounded, plus bias;
// or over 8 of pixels of 8.
type logitArgs struct {
	x, w, out *float32 // weights of one output channel, a number in each sixteen: [planes][16][16], or [planes][8][8]
	xPlane    int      // bytes from a plane of the input to the next
	planes    int
	groups    int
	bias      float32
}

const (
	// logitPixels is the number of pixels of a group.
	logitPixels = 8
	// mostLogits is the number of output channels up to which one after another is faster than sixteen at once.
	mostLogits = 4
)

// negativeZero changes no sum to which it is added.
var negativeZero = float32(math.Copysign(0, -1))

// hasLogits reports whether the kernel of logits computes a 1×1 convolution with sums in float64.
func (f *Forward) hasLogits() bool {
	e := &f.e
	width := f.kernels.width
	return f.kernels.logits != nil && f.family == conv1 && f.x.Block == width && f.packing.lanes == width &&
		f.z.Block == 1 && f.z.C <= mostLogits && f.z.W >= logitPixels &&
		!e.Statistics && !e.DropZ && e.Addend == (layout.Map{}) && e.Y == (layout.Map{})
}

// doLogits computes rows of a sample, each output channel in turn. The last group of a row may repeat pixels of the
// one before.
func (f *Forward) doLogits(n, from, to int, a *Args, w *Worker) {
	t := &w.logits
	t.xPlane, t.planes, t.bias = 4*f.x.Plane, f.packing.planes, negativeZero
	rest := f.z.W - f.z.W%logitPixels
	for h := from; h < to; h++ {
		for c := range f.z.C {
			t.w = &a.W[c]
			if f.e.Bias {
				t.bias = a.Bias[c]
			}
			run := func(col, groups int) {
				t.x, t.out, t.groups = &a.X[f.x.Pixel(n, 0, h, col)], &a.Z[f.z.Channel(n, c, h, col)], groups
				f.kernels.logits(t)
			}
			run(0, rest/logitPixels)
			if rest < f.z.W {
				run(f.z.W-logitPixels, 1)
			}
		}
	}
	border(&f.z, a.Z, &f.bundles[0], area{n, from, to, 0, f.z.W})
}
