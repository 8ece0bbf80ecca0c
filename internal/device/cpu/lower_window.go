package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/conv"
	"r2unet/internal/device/cpu/layout"
)

// dense reports whether a window's convolution is computed by those of package conv, with stride 1 and dilation 1.
func dense(w calls.Window) bool { return w.Groups == 1 && (w.Kernel == 1 || w.Kernel == 3) }

// A lattice divides a convolution's pixels, those of its input, so that the neighbours of its window are neighbours:
// pixel (step·i + a, step·j + b) of sample n is pixel (i, j) of sample (n·rows + a)·cols + b of m, for a < rows and
// b < cols. A 3×3 convolution of dilation d needs d·d such samples. A strided one computes every output of stride 1;
// its gradients see zeros between those of its result. A 1×1 convolution of stride s only has one sample, of every
// s-th pixel of every s-th row.
type lattice struct {
	m                        layout.Map
	step, rows, cols, stride int
}

// latticeOf returns the lattice of the input x of a convolution.
func latticeOf(w calls.Window, x layout.Map) lattice {
	l := lattice{step: w.Dilation, rows: min(w.Dilation, x.H), cols: min(w.Dilation, x.W), stride: w.Stride}
	if w.Kernel == 1 {
		l.step, l.rows, l.cols = w.Stride, 1, 1
	}
	l.m = layout.New(x.N*l.rows*l.cols, x.C, (x.H+l.step-1)/l.step, (x.W+l.step-1)/l.step)
	return l
}

// of returns the lattice for a map of c channels.
func (l lattice) of(c int) lattice {
	l.m = layout.New(l.m.N, c, l.m.H, l.m.W)
	return l
}

// same reports whether the lattice's pixels are those of the input.
func (l lattice) same() bool { return l.step == 1 }

// fill appends the task that copies a map, whose pixels are `scale` pixels of the input apart, to `to`.
func (p *program) fill(l lattice, to *[]float32, from features, scale int) {
	p.then(task{
		pieces: l.m.N * l.m.Planes,
		do:     func(_, piece int) { l.plane((*to)[piece*l.m.Plane:][:l.m.Plane], from, scale, piece) },
	})
}

// plane fills a plane.
func (l lattice) plane(to []float32, from features, scale, piece int) {
	m, sample, plane := l.m, piece/l.m.Planes, piece%l.m.Planes
	n, a, b := sample/(l.rows*l.cols), sample/l.cols%l.rows, sample%l.cols
	if scale > 1 {
		clear(to)
		l.every(to, from, scale, n, plane, a, b)
		return
	}
	count := (from.W - b + l.step - 1) / l.step // pixels of a row; behind them there is none
	for i := range m.H + 2*layout.Border {
		row, h := to[i*m.Row:][:m.Row], l.step*(i-layout.Border)+a
		if i == 0 || i > m.H || h >= from.H {
			clear(row)
			continue
		}
		clear(row[:m.Block])
		row = row[m.Block:]
		copyBlocks(m.Block, row, from.data[from.Pixel(n, plane, h, b):], count, m.Block, l.step*m.Block)
		clear(row[count*m.Block:])
	}
}

// every fills a plane, which is zero, with the numbers of a map whose pixels are `scale` pixels of the input apart.
func (l lattice) every(to []float32, from features, scale, n, plane, a, b int) {
	for i := range l.m.H {
		h := l.step*i + a
		if h%scale != 0 || h/scale >= from.H {
			continue
		}
		row, in := to[l.m.Pixel(0, 0, i, 0):], from.data[from.Pixel(n, plane, h/scale, 0):]
		for j := range l.m.W {
			w := l.step*j + b
			if w%scale == 0 && w/scale < from.W {
				copyPixel(row[j*l.m.Block:][:l.m.Block], in[w/scale*l.m.Block:][:l.m.Block])
			}
		}
	}
}

// copyBlocks copies pixels of some channels that are toStep and fromStep floats apart.
func copyBlocks(channels int, to, from []float32, pixels, toStep, fromStep int) {
	switch channels {
	case layout.Lanes:
		copyPixels[[layout.Lanes]float32](to, from, pixels, toStep, fromStep)
	case layout.Half:
		copyPixels[[layout.Half]float32](to, from, pixels, toStep, fromStep)
	default:
		copyPixels[[1]float32](to, from, pixels, toStep, fromStep)
	}
}

// collect appends the task that copies what was computed on a lattice to a map, whose pixels are `scale` pixels of the
// input apart, and adds acc.
func (p *program) collect(l lattice, to, acc features, from *[]float32, scale int) {
	to = to.over(acc)
	cut := split(to.Map)
	p.then(task{pieces: cut.pieces(), do: func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			out, before := at.out(to), at.in(acc)
			for h := range at.count {
				row := out[h*at.row:][:at.row]
				clear(row[:to.Block])
				clear(row[at.row-to.Block:])
				row = row[to.Block : at.row-to.Block]
				if !acc.present() && scale == 1 && l.stride == 1 {
					l.gather(row, *from, at.n, at.plane, at.first+h)
					continue
				}
				if acc.present() {
					if &before[0] != &out[0] {
						copy(row, before[h*at.row+to.Block:])
					}
				} else {
					clear(row)
				}
				l.row(row, *from, at.n, at.plane, (at.first+h)*scale, scale)
			}
		}
	}})
}

// gather fills a row with row h of the input's pixels, all of which a lattice has whose stride is 1.
func (l lattice) gather(to, from []float32, n, plane, h int) {
	m, width := l.m, len(to)/l.m.Block
	for b := range l.cols {
		in := from[m.Pixel((n*l.rows+h%l.step)*l.cols+b, plane, h/l.step, 0):]
		copyBlocks(m.Block, to[b*m.Block:], in, (width-b+l.step-1)/l.step, l.step*m.Block, m.Block)
	}
}

// row adds row h of the input's pixels to a row of a map.
func (l lattice) row(to, from []float32, n, plane, h, scale int) {
	a, m := h%l.step, l.m
	if a >= l.rows {
		return
	}
	for j := 0; j < len(to)/m.Block; j++ {
		w := j * scale
		if b := w % l.step; b < l.cols {
			out := to[j*m.Block:][:m.Block]
			in := from[m.Pixel((n*l.rows+a)*l.cols+b, plane, h/l.step, w/l.step):][:m.Block]
			for c, v := range in {
				out[c] += v
			}
		}
	}
}

// denseForward appends the tasks of a plan between lattices. They are not divided by samples of the network.
func (p *program) denseForward(plan *conv.Forward, args *conv.Args, w, bias *device.Tensor, z layout.Map) {
	p.forward(plan, args, w, bias, z, nil, nil)
	if p.err == nil {
		last := &p.tasks[len(p.tasks)-1]
		*last = task{pieces: last.pieces, do: last.do, call: last.call}
	}
}

func (p *program) dense(c *calls.Convolve) {
	x, y := p.features(c.X), p.features(c.Y)
	if p.err != nil {
		return
	}
	in := latticeOf(c.Window, x.Map)
	out := in.of(y.C)
	from := x.Map
	if !in.same() {
		from = in.m
	}
	plan, err := conv.NewForward(p.set, conv.Float32, from, out.m, c.Window.Kernel, conv.Epilogue{Bias: c.Bias != nil})
	if err != nil {
		p.fail(err)
		return
	}
	args := &conv.Args{X: x.data}
	p.needScratch(in.size()+out.size(), func(floats []float32) {
		args.Z = floats[:out.size()]
		if !in.same() {
			args.X = floats[out.size():]
		}
	})
	if !in.same() {
		p.fill(in, &args.X, x, 1)
	}
	p.denseForward(plan, args, c.W, c.Bias, out.m)
	p.collect(out, y, features{}, &args.Z, c.Window.Stride)
}

// size returns the number of floats of a map on the lattice, in whole cache lines.
func (l lattice) size() int { return (l.m.Size() + layout.Lanes - 1) / layout.Lanes * layout.Lanes }

func (p *program) denseGradX(c *calls.ConvolveGradX) {
	dy, acc, dx := p.features(c.DY), p.features(c.Acc), p.features(c.DX)
	if p.err != nil {
		return
	}
	out := latticeOf(c.Window, dx.Map)
	in, to, before := out.of(dy.C), out.m, layout.Map{}
	if out.same() {
		to, before = dx.Map, acc.Map
	}
	plan, err := conv.NewGradData(p.set, conv.Float32, in.m, to, c.Window.Kernel, before)
	if err != nil {
		p.fail(err)
		return
	}
	args := &conv.Args{}
	if out.same() {
		args.Z, args.Addend = dx.data, acc.data
	}
	p.needScratch(in.size()+out.size(), func(floats []float32) {
		args.X = floats[:in.size()]
		if !out.same() {
			args.Z = floats[in.size():]
		}
	})
	p.fill(in, &args.X, dy, c.Window.Stride)
	p.denseForward(plan, args, c.W, nil, to)
	if !out.same() {
		p.collect(out, dx, acc, &args.Z, 1)
	}
}

func (p *program) denseGradW(c *calls.ConvolveGradW) {
	dy, x, acc, dw := p.features(c.DY), p.features(c.X), p.plain(c.Acc), p.plain(c.DW)
	if p.err != nil {
		return
	}
	in := latticeOf(c.Window, x.Map)
	out, from := in.of(dy.C), x.Map
	if !in.same() {
		from = in.m
	}
	plan, err := conv.NewGradWeight(p.set, conv.Float32, out.m, from, c.Window.Kernel)
	if err != nil {
		p.fail(err)
		return
	}
	args := &conv.GradArgs{X: x.data}
	p.needScratch(in.size()+out.size()+plan.PartialsSize(), func(floats []float32) {
		args.DZ, floats = floats[:out.size()], floats[out.size():]
		if !in.same() {
			args.X = floats[:in.size()]
		}
		args.Partials = floats[in.size():]
	})
	p.needWorkers(plan.ScratchSize())
	p.fill(out, &args.DZ, dy, c.Window.Stride)
	if !in.same() {
		p.fill(in, &args.X, x, 1)
	}
	p.then(task{pieces: plan.Pieces(), do: func(worker, piece int) { plan.Do(piece, args, p.convWorkers[worker]) }})
	p.then(task{
		pieces: plan.ReducePieces(),
		do:     func(_, piece int) { plan.Reduce(piece, dw, acc, args.Partials) },
	})
}
