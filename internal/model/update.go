package model

import (
	"context"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/layers/optimizers"
)

// update returns the calls of an update, in PyTorch's order: clipping, weight decay, the optimizer's step; then
// averages. Frozen weights take no part in it.
func (m *Model) update() []device.Call {
	grads, weights := m.changing(m.grads), m.changing(m.weights)
	if m.config.Accumulate {
		grads = m.changing(m.mean)
	}
	var list []device.Call
	if m.config.ClipNorm > 0 {
		list = append(list, &calls.Clip{Grad: grads, Max: m.config.ClipNorm})
	}
	if m.fraction != nil {
		list = append(list, &calls.Shrink{Param: weights, Fraction: m.fraction})
	} else if m.config.WeightDecay > 0 {
		list = append(list, &calls.Penalize{Param: weights, Grad: grads, Decay: m.config.WeightDecay})
	}
	list = append(list, m.optimizerStep(weights, grads))
	return append(list, m.updateAverages()...)
}

// optimizerStep returns the optimizer's call: its kernel, or its formula.
func (m *Model) optimizerStep(weights, grads *device.Tensor) device.Call {
	var state []*device.Tensor
	for _, s := range m.kept {
		state = append(state, m.changing(s))
	}
	adam, kernel := m.optimizer.(optimizers.Adam)
	if decoupled, ok := m.optimizer.(optimizers.AdamW); ok {
		adam, kernel = decoupled.Adam, true
	}
	if kernel {
		return &calls.Adam{
			Param: weights, Grad: grads, M: state[0], V: state[1], Rates: m.numbers,
			Beta1: adam.Beta1, Beta2: adam.Beta2, Epsilon: adam.Epsilon,
		}
	}
	return &calls.Update{
		Of: m.optimizerName, Formula: m.optimizer.Update,
		Param: weights, Grad: grads, Numbers: m.numbers, State: state,
	}
}

// hostNumbers are numbers that calls read from the host.
type hostNumbers struct {
	to     *device.Tensor
	values []float64
}

// updateNumbers returns what the calls of the next update read.
func (m *Model) updateNumbers(rate float64) []hostNumbers {
	numbers := []hostNumbers{{m.numbers, m.optimizer.Numbers(rate, m.step+1)}}
	if m.fraction != nil {
		numbers = append(numbers, hostNumbers{m.fraction, []float64{rate * m.config.WeightDecay}})
	}
	if m.averages != nil {
		numbers = append(numbers, hostNumbers{m.averages.share, []float64{share(m.config.Average, m.step+1)}})
	}
	return numbers
}

// batchNumbers returns what the calls of a batch of n samples read, in which something may be drawn at random.
func (m *Model) batchNumbers(n int, draws bool) (numbers []hostNumbers) {
	if draws {
		numbers = append(numbers, hostNumbers{m.taken, []float64{float64(m.batches)}})
	}
	if m.shares != nil {
		all := float64(m.samples + n)
		numbers = append(numbers, hostNumbers{m.shares, []float64{float64(m.samples) / all, float64(n) / all}})
	}
	return numbers
}

// write writes numbers in single precision.
func (m *Model) write(numbers []hostNumbers) error {
	for _, n := range numbers {
		rounded := make([]float32, len(n.values))
		for i, v := range n.values {
			rounded[i] = float32(v)
		}
		if err := m.dev.Write(n.to.Buffer, rounded); err != nil {
			return err
		}
	}
	return nil
}

// runUpdate updates the weights from the accumulated gradients.
func (m *Model) runUpdate(ctx context.Context) error {
	if m.updater == nil {
		program, err := m.dev.Compile(&device.Plan{Calls: m.update()})
		if err != nil {
			return err
		}
		m.updater = program
	}
	return m.updater.Run(ctx)
}
