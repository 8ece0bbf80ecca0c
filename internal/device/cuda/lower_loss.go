package cuda

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// pixelSums starts a kernel that writes `rows` sums over the pixels of logits and target for each slice of them.
func (l *lowering) pixelSums(
	kernel string, logits, target *device.Tensor, rows int,
) (partial uint64, parts, total int) {
	const slice = 8 * threads
	area := logits.Shape[2] * logits.Shape[3]
	total = logits.Shape[0] * area
	parts = ceil(total, slice)
	partial = l.temporary(rows * parts)
	start(l, kernel, [3]int{parts, 1, 1}, lossPartsArgs{
		logits: l.features(logits), target: l.features(target), partial: partial,
		area: int32(area), total: int32(total), slice: slice,
	})
	return partial, parts, total
}

// lossValue computes the sums over all pixels from which the loss and its gradient are computed.
func (l *lowering) lossValue(weights calls.LossWeights, logits, target *device.Tensor) lossValueArgs {
	partial, parts, total := l.pixelSums("loss_sums", logits, target, 5)
	sums := l.temporary(5)
	l.sumParts(partial, 0, sums, 5, parts, 1)
	return lossValueArgs{
		logits: l.features(logits), target: l.features(target), sums: sums,
		bce: float32(weights.BCE), dice: float32(weights.Dice),
		area: int32(logits.Shape[2] * logits.Shape[3]), total: int32(total),
	}
}

func (l *lowering) loss(c *calls.Loss) {
	args := l.lossValue(c.Weights, c.Logits, c.Target)
	args.loss = l.plain(c.Loss)
	start(l, "loss_value", flat(1), args)
}

func (l *lowering) lossGrad(c *calls.LossGrad) {
	args := l.lossValue(c.Weights, c.Logits, c.Target)
	args.gradient = l.features(c.DLogits)
	start(l, "loss_gradient", flat(int(args.total)), args)
}

func (l *lowering) scores(c *calls.Scores) {
	partial, parts, total := l.pixelSums("score_sums", c.Logits, c.Target, 3)
	sums := l.temporary(3)
	l.sumParts(partial, 0, sums, 3, parts, 1)
	start(l, "score_value", flat(1), scoreValueArgs{sums: sums, scores: l.plain(c.Scores), total: int32(total)})
}

func (l *lowering) adam(c *calls.Adam) {
	n := c.Param.Elements()
	start(l, "adam", flat(n), adamArgs{
		param: l.plain(c.Param), grad: l.plain(c.Grad), m: l.plain(c.M), v: l.plain(c.V), rates: l.plain(c.Rates),
		beta1: float32(c.Beta1), beta2: float32(c.Beta2), epsilon: float32(c.Epsilon), count: int32(n),
	})
}
