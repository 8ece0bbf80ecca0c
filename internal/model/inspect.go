package model

import (
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
	"r2unet/layers"
)

// Anatomy is what a network is and costs for one size of batch.
type Anatomy struct {
	Parameters int
	// ForwardFLOPs of one image; a training step takes about three times as many.
	ForwardFLOPs float64
	// Reach is how far, in pixels, a logit looks at most.
	Reach int
	// Nodes of the training graph; TrainingCalls and EvaluationCalls are the kernel calls that it and a forward pass become.
	Nodes, TrainingCalls, EvaluationCalls int
	// TrainingBytes and EvaluationBytes are the arenas of these plans, in float32 without a device's padding. KeptBytes is the
	// arena of training on a device.Keeper.
	TrainingBytes, EvaluationBytes, KeptBytes int64
}

// keeper is a device that keeps activations.
type keeper struct{ device.Device }

func (keeper) KeepsActivations() bool { return true }

// Inspect plans training and prediction of n images of h×w pixels and computes nothing.
func Inspect(c Config, n, h, w int) (Anatomy, error) {
	m, err := New(c, ref.New[float32]())
	if err != nil {
		return Anatomy{}, err
	}
	c = m.config
	a := Anatomy{Parameters: m.Parameters()}
	if a.ForwardFLOPs, err = ForwardFLOPs(c.Arch, c.InChannels, h, w); err != nil {
		return a, err
	}
	var calls []device.Call
	if calls, err = forwardCalls(c.Arch, c.InChannels, c.Arch.Multiple(), c.Arch.Multiple()); err != nil {
		return a, err
	}
	a.Reach = reach(calls)
	training, err := m.compile(shape{train, n, h, w})
	if err != nil {
		return a, err
	}
	evaluation, err := m.compile(shape{predict, n, h, w})
	if err != nil {
		return a, err
	}
	m.dev = keeper{m.dev}
	kept, err := m.compile(shape{train, n, h, w})
	if err != nil {
		return a, err
	}
	a.KeptBytes = kept.machine.Program().Bytes()
	a.Nodes = training.nodes
	a.TrainingCalls, a.EvaluationCalls = len(training.machine.Calls()), len(evaluation.machine.Calls())
	a.TrainingBytes, a.EvaluationBytes = training.machine.Program().Bytes(), evaluation.machine.Program().Bytes()
	return a, nil
}

// Dot is the forward graph in Graphviz' language, as Gorgonia draws it.
func Dot(c arch.Config, inChannels, h, w int) (string, error) {
	c = c.WithDefaults()
	b := layers.NewBuilder(&layers.Params{}, false, tensor.Float32)
	if _, err := arch.Build(b, c, b.Input("image", 1, inChannels, h, w)); err != nil {
		return "", err
	}
	return b.Graph().ToDot(), nil
}
