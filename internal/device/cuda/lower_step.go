package cuda

import "r2unet/internal/calls"

func (l *lowering) penalize(c *calls.Penalize) {
	n := c.Param.Elements()
	start(l, "penalize", flat(n), penalizeArgs{
		param: l.plain(c.Param), grad: l.plain(c.Grad), decay: float32(c.Decay), count: int32(n),
	})
}

func (l *lowering) shrink(c *calls.Shrink) {
	n := c.Param.Elements()
	start(l, "shrink", flat(n), shrinkArgs{param: l.plain(c.Param), fraction: l.plain(c.Fraction), count: int32(n)})
}

func (l *lowering) accumulate(c *calls.Accumulate) {
	n := c.Grad.Elements()
	start(l, "accumulate", flat(n), accumulateArgs{
		grad: l.plain(c.Grad), mean: l.plain(c.Mean), shares: l.plain(c.Shares), count: int32(n),
	})
}

// clip sums the squares of slices, adds the sums in a fixed order, and scales.
func (l *lowering) clip(c *calls.Clip) {
	const slice = 16 * threads
	n := c.Grad.Elements()
	parts := ceil(n, slice)
	partial, sum, grad := l.temporary(parts), l.temporary(1), l.plain(c.Grad)
	start(l, "squares", [3]int{parts, 1, 1}, squaresArgs{grad: grad, partial: partial, count: int32(n), slice: slice})
	l.sumParts(partial, 0, sum, 1, parts, 1)
	start(l, "clip", flat(n), clipArgs{grad: grad, squares: sum, largest: float32(c.Max), count: int32(n)})
}
