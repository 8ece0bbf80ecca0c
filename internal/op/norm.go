package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Epsilon and Momentum of batch normalization (docs/specification.md, section 1); Momentum is the weight of the
// batch.
const (
	Epsilon  = 1e-5
	Momentum = 0.1
)

// Norm is a batch normalization: Stats [2, C] has the means in row 0 and the biased variances in row 1; Gamma and
// Beta are [C]. OverBatch is set if the statistics are those of the batch being normalized, so that the gradient
// flows through them.
type Norm struct {
	Stats, Gamma, Beta *G.Node
	OverBatch          bool
}

// BatchStats returns the mean and the biased variance [2, C] of each channel of z [N, C, H, W].
func BatchStats(z *G.Node) (*G.Node, error) {
	if err := features("z", z); err != nil {
		return nil, fmt.Errorf("batch statistics: %w", err)
	}
	return apply(spec{
		name:   "BatchStats",
		inputs: []*G.Node{z},
		shape:  tensor.Shape{2, z.Shape()[1]},
		lower: func(t []*device.Tensor, stats *device.Tensor) device.Call {
			return &calls.BatchStats{Z: t[0], Stats: stats}
		},
	})
}

// UpdateRunning moves the running statistics [2, C] in place towards those of a batch with `count` values a channel.
func UpdateRunning(stats, running *G.Node, count int) (*G.Node, error) {
	if err := shaped("running statistics", running, stats.Shape()...); err != nil {
		return nil, err
	}
	if count < 2 {
		return nil, fmt.Errorf(
			"running statistics: %d value a channel in a batch has no variance; use a larger batch or image", count)
	}
	return apply(spec{
		name:        "UpdateRunning",
		inputs:      []*G.Node{stats, running},
		shape:       running.Shape().Clone(),
		updatesLast: true,
		lower: func(t []*device.Tensor, _ *device.Tensor) device.Call {
			return &calls.UpdateRunning{Stats: t[0], Running: t[1], Momentum: Momentum, Count: count}
		},
	})
}

// Activate is y = f(norm(z)) + residual; norm and residual may be nil. With the residual a residual block adds its
// input (Eq. 3), and a tied RCL makes x + h, without another pass over memory.
func Activate(z *G.Node, norm *Norm, f calls.Function, residual *G.Node) (*G.Node, error) {
	if err := firstError(f.Check(), features("z", z), shaped("residual", residual, z.Shape()...)); err != nil {
		return nil, fmt.Errorf("activation: %w", err)
	}
	inputs := []*G.Node{z, residual, nil, nil, nil}
	overBatch := norm != nil && norm.OverBatch
	if norm != nil {
		c := z.Shape()[1]
		if err := firstError(shaped("statistics", norm.Stats, 2, c), shaped("gamma", norm.Gamma, c),
			shaped("beta", norm.Beta, c)); err != nil {
			return nil, fmt.Errorf("norm: %w", err)
		}
		copy(inputs[2:], []*G.Node{norm.Stats, norm.Gamma, norm.Beta})
	}
	differentiable := []bool{true, true, false, true, true}
	if norm != nil && !overBatch {
		differentiable = nil // running statistics are used in evaluation, which has no gradient
	}
	return apply(spec{
		name:   "Activate",
		inputs: inputs,
		shape:  z.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, y *device.Tensor) device.Call {
			return &calls.Activate{Z: t[0], Residual: t[1], Norm: lowerNorm(t[2:]), Function: f, Y: y}
		},
		differentiable: differentiable,
		gradient:       activateGradient(f),
	})
}

// activateGradient returns the gradient function; its slots are z, residual, stats, gamma, beta.
func activateGradient(f calls.Function) func(s []*G.Node, _, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
	return func(s []*G.Node, y, dy *G.Node, acc []*G.Node) ([]*G.Node, error) {
		z, norm := s[0], s[2:]
		if norm[0] == nil && s[1] == nil && f == calls.ReLU {
			z = y // it is positive just where z is, so that z need not be stored
		}
		grads := make([]*G.Node, 5)
		var sums *G.Node
		var err error
		if norm[0] != nil {
			if sums, err = normGradSums(z, norm, f, dy); err != nil {
				return nil, err
			}
			for row, slot := range []int{4, 3} { // beta's gradient is row 0, gamma's row 1
				if acc[slot] != nil {
					return nil, fmt.Errorf("a norm whose parameters are used twice")
				}
				if grads[slot], err = rowOf(sums, row); err != nil {
					return nil, err
				}
			}
		}
		if grads[0], err = activateGrad(z, norm, f, dy, sums, acc[0]); err != nil {
			return nil, err
		}
		if s[1] != nil {
			grads[1], err = accumulate(acc[1], dy)
		}
		return grads, err
	}
}

// lowerNorm returns the norm of the tensors stats, gamma, beta; nil if they are absent.
func lowerNorm(t []*device.Tensor) *calls.Norm {
	if t[0] == nil {
		return nil
	}
	return &calls.Norm{Stats: t[0], Gamma: t[1], Beta: t[2], Epsilon: Epsilon}
}

func normGradSums(z *G.Node, norm []*G.Node, f calls.Function, dy *G.Node) (*G.Node, error) {
	return apply(spec{
		name:   "NormGradSums",
		inputs: []*G.Node{z, dy, norm[0], norm[1], norm[2]},
		shape:  tensor.Shape{2, z.Shape()[1]},
		lower: func(t []*device.Tensor, sums *device.Tensor) device.Call {
			return &calls.NormGradSums{Z: t[0], DY: t[1], Norm: lowerNorm(t[2:]), Function: f, Sums: sums}
		},
	})
}

func activateGrad(z *G.Node, norm []*G.Node, f calls.Function, dy, sums, acc *G.Node) (*G.Node, error) {
	return apply(spec{
		name:   "ActivateGrad",
		inputs: []*G.Node{z, dy, sums, acc, norm[0], norm[1], norm[2]},
		shape:  z.Shape().Clone(),
		kind:   device.Features,
		lower: func(t []*device.Tensor, dz *device.Tensor) device.Call {
			return &calls.ActivateGrad{
				Z: t[0], DY: t[1], Sums: t[2], Acc: t[3], Norm: lowerNorm(t[4:]), Function: f, DZ: dz,
			}
		},
	})
}

// rowOf is row i of a matrix [R, C], as a view.
func rowOf(x *G.Node, i int) (*G.Node, error) {
	c := x.Shape()[1]
	return apply(spec{
		name:   fmt.Sprintf("Row%d", i),
		inputs: []*G.Node{x},
		shape:  tensor.Shape{c},
		view:   true,
		start:  i * c,
	})
}
