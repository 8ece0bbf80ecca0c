package cuda

import (
	"fmt"
	"math"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// A tile is a part of a matrix product that one block computes; kernels exist for three.
type tile struct {
	suffix        string
	rows, columns int
}

// tileFor returns the tile that wastes the fewest rows, because networks have layers of 16 channels.
func tileFor(rows int) tile {
	switch {
	case rows <= 16:
		return tile{"_16", 16, 256}
	case rows <= 32:
		return tile{"_32", 32, 128}
	}
	return tile{"_64", 64, 64}
}

func (t tile) grid(rows, columns, slices int) [3]int {
	return [3]int{ceil(columns, t.columns), ceil(rows, t.rows), slices}
}

// stage is the depth that a block has in shared memory at once.
const stage = 16

// The parameters by which slices are chosen: a model of an H100, in stages of a block.
const (
	multiprocessors = 132
	resident        = 3                   // blocks that a multiprocessor needs at least, to hide latencies
	leastStages     = 8                   // of a slice
	joinStages      = 3                   // cost for a block of writing its sums for the last one
	mostSlices      = 4 * multiprocessors // of a product
)

// cut returns the number of slices that minimizes the work of the busiest multiprocessor.
func cut(tiles, stages int) int {
	best, least := 1, math.MaxInt
	for n := 1; n == 1 || n <= min(stages/leastStages, mostSlices); n++ {
		each := ceil(stages, n)
		if n > 1 {
			each += joinStages
		}
		if cost := max(resident, ceil(tiles*n, multiprocessors)) * each; cost < least {
			best, least = n, cost
		}
	}
	return best
}

// slices divides a product along its depth if it has too few tiles. The division depends on shapes alone, so that
// sums have the same bits on every GPU.
func (l *lowering) slices(t tile, rows, columns, depth int) (slicesArg, [3]int) {
	tiles, stages := ceil(columns, t.columns)*ceil(rows, t.rows), ceil(depth, stage)
	each := ceil(stages, cut(tiles, stages))
	n := ceil(stages, each)
	arg := slicesArg{depth: int32(each * stage)}
	if n > 1 {
		arg.partial, arg.counters = l.temporary(n*tiles*16*threads), l.counter(tiles)
	}
	return arg, t.grid(rows, columns, n)
}

// convSlices divides a k×k convolution, whose depth is padded to whole stages for each tap. A 1×1 convolution is not
// deep enough.
func (l *lowering) convSlices(k int, t tile, rows, columns, inputs int) (slicesArg, [3]int) {
	if k == 1 {
		return slicesArg{depth: int32(ceil(inputs, stage) * stage)}, t.grid(rows, columns, 1)
	}
	return l.slices(t, rows, columns, k*k*ceil(inputs, stage)*stage)
}

// kernelSize returns 1 or 3.
func (l *lowering) kernelSize(w *device.Tensor) int {
	k := w.Shape[2]
	if k != w.Shape[3] || k != 1 && k != 3 {
		l.fail(fmt.Errorf("%s: kernels exist for 1×1 and 3×3", w))
	}
	return k
}

// product describes a convolution-like product whose input has x's shape.
func (l *lowering) product(x, w *device.Tensor) convArgs {
	return convArgs{
		x: l.features(x), w: l.plain(w),
		samples: int32(x.Shape[0]), inputs: int32(x.Shape[1]), height: int32(x.Shape[2]), width: int32(x.Shape[3]),
	}
}

func pixels(t *device.Tensor) int { return t.Shape[0] * t.Shape[2] * t.Shape[3] }

func (l *lowering) conv(c *calls.Conv) {
	if c.Y != nil && (c.Function != calls.ReLU || c.NormLast) {
		l.convApart(c)
		return
	}
	k, outputs, total := l.kernelSize(c.W), c.W.Shape[0], pixels(c.X)
	tile := tileFor(outputs)
	args := l.product(c.X, c.W)
	slices, grid := l.convSlices(k, tile, outputs, total, c.X.Shape[1])
	args.slices = slices
	args.out = epilogueArgs{
		bias: l.plain(c.Bias), addend: l.features(c.Addend), z: l.features(c.Z),
		channels: int32(outputs), area: args.height * args.width,
	}
	// A norm with the statistics of this very call must wait for them; then z goes through memory.
	z, later := c.Z, c.Y != nil && c.Norm != nil && c.Stats != nil && l.plain(c.Norm.Stats) == l.plain(c.Stats)
	switch {
	case later && z == nil:
		z = c.Y
		args.out.z = l.features(z)
	case !later && c.Y != nil:
		args.out.y, args.out.norm, args.out.residual = l.features(c.Y), l.norm(c.Norm), l.features(c.Residual)
	}
	if c.Stats != nil {
		args.out.partial, args.out.counters = l.temporary(2*grid[0]*outputs), l.counter(grid[1])
		args.out.stats = l.statistics(c.Stats, l.running[c.Stats])
	}
	start(l, fmt.Sprintf("conv%d%s", k, tile.suffix), grid, args)
	if later {
		l.activate(z, c.Norm, c.Residual, c.Y)
	}
}

// convApart is a convolution whose result is followed by something other than a norm and a ReLU: with a ReLU alone it
// is one launch, and the rest is run in place by its definition, on the host.
func (l *lowering) convApart(c *calls.Conv) {
	first, rest := *c, calls.Activate{Z: c.Y, Norm: c.Norm, Function: calls.Identity, Residual: c.Residual, Y: c.Y}
	first.Norm, first.NormLast, first.Residual = nil, false, nil
	if c.Function != calls.ReLU {
		first.Y = nil
		if first.Z == nil {
			first.Z = c.Y
		}
		rest.Z, rest.Function = first.Z, c.Function
	}
	l.conv(&first)
	l.fallback(&rest)
}

func (l *lowering) convGradData(c *calls.ConvGradData) {
	k, rows := l.kernelSize(c.W), c.DX.Shape[1]
	args := l.product(c.DZ, c.W)
	args.out = epilogueArgs{
		addend: l.features(c.Acc), z: l.features(c.DX), channels: int32(rows), area: args.height * args.width,
	}
	tile := tileFor(rows)
	slices, grid := l.convSlices(k, tile, rows, pixels(c.DX), c.DZ.Shape[1])
	args.slices = slices
	all := convDataArgs{conv: args}
	if s := l.sums[c]; s != nil {
		all.sums = gradientSumsArg{
			z: l.features(s.Z), norm: l.norm(s.Norm), out: l.plain(s.Sums),
			partial: l.temporary(2 * grid[0] * rows), counters: l.counter(grid[1]),
		}
	}
	start(l, fmt.Sprintf("conv%d_data%s", k, tile.suffix), grid, all)
}

func (l *lowering) convGradWeight(c *calls.ConvGradWeight) {
	k := l.kernelSize(c.DW)
	l.weightGradient(fmt.Sprintf("conv%d_weight", k), c.DZ, c.X, c.Acc, c.DW)
}

func (l *lowering) upConv(c *calls.UpConv) {
	tile := tileFor(64)
	outputs := c.Y.Shape[1]
	start(l, "upconv_64", tile.grid(4*outputs, pixels(c.X), 1), upConvArgs{
		x: l.features(c.X), w: l.plain(c.W), bias: l.plain(c.Bias), y: l.features(c.Y),
		samples: int32(c.X.Shape[0]), inputs: int32(c.X.Shape[1]), outputs: int32(outputs),
		height: int32(c.X.Shape[2]), width: int32(c.X.Shape[3]),
	})
}

func (l *lowering) upConvGradData(c *calls.UpConvGradData) {
	rows := c.DX.Shape[1]
	args := l.product(c.DX, c.W)
	args.x, args.inputs = l.features(c.DY), int32(c.DY.Shape[1])
	args.out = epilogueArgs{
		addend: l.features(c.Acc), z: l.features(c.DX), channels: int32(rows), area: args.height * args.width,
	}
	tile := tileFor(rows)
	slices, grid := l.slices(tile, rows, pixels(c.DX), 4*c.DY.Shape[1])
	args.slices = slices
	start(l, "upconv_data"+tile.suffix, grid, args)
}

func (l *lowering) upConvGradWeight(c *calls.UpConvGradWeight) {
	l.weightGradient("upconv_weight", c.X, c.DY, c.Acc, c.DW)
}

// weightGradient starts a product whose rows are channels of left and whose depth is left's pixels.
func (l *lowering) weightGradient(kernel string, left, right, acc, dw *device.Tensor) {
	rows, total := left.Shape[1], pixels(left)
	columns := dw.Elements() / rows
	tile := tileFor(rows)
	slices, grid := l.slices(tile, rows, columns, total)
	start(l, kernel+tile.suffix, grid, weightGradientArgs{
		left: l.features(left), right: l.features(right), slices: slices, acc: l.plain(acc), out: l.plain(dw),
		samples: int32(left.Shape[0]), height: int32(left.Shape[2]), width: int32(left.Shape[3]),
		rows: int32(rows), columns: int32(columns),
	})
}
