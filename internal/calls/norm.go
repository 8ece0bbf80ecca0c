package calls

import (
	"math"

	"r2unet/internal/device"
)

// Norm is a batch normalization: y = Gamma·(z − mean)/√(variance + Epsilon) + Beta.
type Norm struct {
	Stats, Gamma, Beta *device.Tensor // [2, C], [C], [C]
	Epsilon            float64
}

func (n *Norm) operands() []device.Operand {
	if n == nil {
		return nil
	}
	return []device.Operand{device.Input(&n.Stats), device.Input(&n.Gamma), device.Input(&n.Beta)}
}

// norm is a batch normalization for each channel: y = gamma·(z − mean)·inverse + beta.
type norm[T device.Float] struct {
	mean, variance, gamma, beta []T
	epsilon                     float64
}

func normOf[T device.Float](at device.Values[T], n *Norm) *norm[T] {
	if n == nil {
		return nil
	}
	stats, channels := at.Plain(n.Stats), n.Stats.Shape[1]
	return &norm[T]{stats[:channels], stats[channels:], at.Plain(n.Gamma), at.Plain(n.Beta), n.Epsilon}
}

// inverse is 1/√(variance + ε) of channel c.
func (n *norm[T]) inverse(c int) T { return T(1 / math.Sqrt(float64(n.variance[c])+n.epsilon)) }

// normalized returns two functions for channel c: z ↦ x̂, and z ↦ y, the argument of Activate's function.
func (n *norm[T]) normalized(c int) (xhat, activation func(T) T) {
	mean, inverse, gamma, beta := n.mean[c], n.inverse(c), n.gamma[c], n.beta[c]
	xhat = func(z T) T { return (z - mean) * inverse }
	return xhat, func(z T) T { return gamma*xhat(z) + beta }
}

// BatchStats is the mean and biased variance of each channel of Z over N, H, W.
type BatchStats struct{ Z, Stats *device.Tensor }

func (*BatchStats) Name() string { return "batch statistics" }

func (c *BatchStats) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Z),
		device.Output(&c.Stats),
	}
}

func (c *BatchStats) Traits() device.Traits { return device.Traits{} }

func (c *BatchStats) Definition() device.Definition {
	return device.Define(c, batchStats[float32], batchStats[float64])
}

func batchStats[T device.Float](c *BatchStats, at device.Values[T]) {
	statistics(at.Features(c.Z), at.Plain(c.Stats))
}

// statistics computes means and biased variances [2, C] of the channels of z.
func statistics[T device.Float](z device.Map[T], stats []T) {
	count := float64(z.N * z.H * z.W)
	for c := range z.C {
		mean := 0.0
		for n := range z.N {
			for _, v := range z.Plane(n, c) {
				mean += float64(v)
			}
		}
		mean /= count
		variance := 0.0
		for n := range z.N {
			for _, v := range z.Plane(n, c) {
				variance += (float64(v) - mean) * (float64(v) - mean)
			}
		}
		stats[c], stats[z.C+c] = T(mean), T(variance/count)
	}
}

// UpdateRunning moves running statistics [2, C] towards those of a batch: Running = (1−Momentum)·Running +
// Momentum·batch, with the batch variance made unbiased by the factor Count/(Count−1). Count is N·H·W.
type UpdateRunning struct {
	Stats, Running *device.Tensor
	Momentum       float64
	Count          int
}

func (*UpdateRunning) Name() string { return "running statistics" }

func (c *UpdateRunning) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.Stats),
		device.Updated(&c.Running),
	}
}

func (c *UpdateRunning) Traits() device.Traits { return device.Traits{} }

func (c *UpdateRunning) Definition() device.Definition {
	return device.Define(c, updateRunning[float32], updateRunning[float64])
}

func updateRunning[T device.Float](c *UpdateRunning, at device.Values[T]) {
	batch, running := at.Plain(c.Stats), at.Plain(c.Running)
	channels := len(batch) / 2
	unbiased := float64(c.Count) / float64(c.Count-1)
	for i := range channels {
		mean, variance := float64(batch[i]), float64(batch[channels+i])*unbiased
		running[i] = T((1-c.Momentum)*float64(running[i]) + c.Momentum*mean)
		running[channels+i] = T((1-c.Momentum)*float64(running[channels+i]) + c.Momentum*variance)
	}
}
