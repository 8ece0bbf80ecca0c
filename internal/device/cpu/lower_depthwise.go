package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
)

// depthwise reports whether a window is a 3×3 convolution of each channel with weights of its own, from `in` to `out`
// channels.
func depthwise(w calls.Window, in, out int) bool {
	return w == calls.Window{Kernel: 3, Stride: 1, Dilation: 1, Groups: in} && out == in
}

// around returns the part's memory in f as in does, and the rows above and below it.
func (p part) around(f features) []float32 {
	at := p.n*f.Sample + p.plane*f.Plane
	return f.data[at+p.first*p.row:][:(p.count+2*layout.Border)*p.row]
}

func (p *program) depthwise(c *calls.Convolve) {
	numbers := p.depthwiseNumbers(c.X, c.W, c.Bias, false)
	p.depthwiseRows(p.features(c.X), features{}, p.features(c.Y), numbers)
}

func (p *program) depthwiseGradX(c *calls.ConvolveGradX) {
	numbers := p.depthwiseNumbers(c.DX, c.W, nil, true)
	p.depthwiseRows(p.features(c.DY), p.features(c.Acc), p.features(c.DX), numbers)
}

// depthwiseNumbers appends the task that reorders weights [C, 1, 3, 3] and bias [C] or nil for the planes of x. The
// data gradient is the convolution with the weights turned by 180°.
func (p *program) depthwiseNumbers(x, w, bias *device.Tensor, turned bool) []kernel.Depthwise {
	m, weights, offsets := p.features(x).Map, p.plain(w), p.plain(bias)
	if p.err != nil {
		return nil
	}
	numbers := make([]kernel.Depthwise, m.Planes)
	p.prepare(func() {
		for c := range m.C {
			at, lane := &numbers[c/m.Block], c%m.Block
			for tap := range at.Taps {
				from := tap
				if turned {
					from = len(at.Taps) - 1 - tap
				}
				at.Taps[tap][lane] = weights[c*len(at.Taps)+from]
			}
			if offsets != nil {
				at.Bias[lane] = offsets[c]
			}
		}
	}, weights, offsets)
	return numbers
}

// depthwiseRows appends the task of y = acc + the convolution of x.
func (p *program) depthwiseRows(x, acc, y features, numbers []kernel.Depthwise) {
	if p.err != nil {
		return
	}
	y = y.over(acc)
	cut, run := split(y.Map), p.kernels.Depthwise
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(y), at.around(x), at.in(acc), &numbers[at.plane], at.Rows)
		}
	}, regions(x, acc), regions(y))
}

func (p *program) depthwiseGradW(c *calls.ConvolveGradW) {
	x, dy, acc, dw := p.features(c.X), p.features(c.DY), p.plain(c.Acc), p.plain(c.DW)
	if p.err != nil {
		return
	}
	const taps = len(kernel.Taps{})
	cut, run := split(dy.Map), p.kernels.DepthwiseGrad
	sums := make([]kernel.Taps, cut.parts())
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(&sums[i], at.around(x), at.in(dy), at.Rows)
		}
	}, regions(x, dy), nil)
	p.reduce(func() {
		for ch := range x.C {
			plane, lane := ch/x.Block, ch%x.Block
			for tap := range taps {
				to := ch*taps + tap
				var total float64
				if acc != nil {
					total = float64(acc[to])
				}
				for n := range x.N {
					for i := range cut.perPlane {
						total += float64(sums[n*cut.perSample+plane*cut.perPlane+i][tap][lane])
					}
				}
				dw[to] = float32(total)
			}
		}
	}, dw)
}
