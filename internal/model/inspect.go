package model

import (
	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/planning"
	"r2unet/layers"
)

// Anatomy describes a network and its cost for one batch size.
type Anatomy struct {
	Parameters int
	// ForwardFLOPs of one image; a training step takes about three times as many.
	ForwardFLOPs float64
	// Reach is the largest distance, in pixels, at which the image affects a logit; WholeImage if an operator is not
	// known to be local.
	Reach int
	// Nodes is the number of nodes of the training graph; TrainingCalls and EvaluationCalls are the numbers of kernel
	// calls of a training step and a forward pass.
	Nodes, TrainingCalls, EvaluationCalls int
	// TrainingBytes and EvaluationBytes are the sizes of these plans' arenas, in float32 without a device's padding.
	TrainingBytes, EvaluationBytes int64
}

// Inspect plans training and prediction of n images of h×w pixels. It computes nothing and allocates no memory for
// the network.
func Inspect(c Config, n, h, w int) (Anatomy, error) {
	m, err := allocate(c, planning.Like(planning.RowMajor{}))
	if err != nil {
		return Anatomy{}, err
	}
	a := Anatomy{Parameters: m.Parameters()}
	if a.ForwardFLOPs, err = ForwardFLOPs(m.config, h, w); err != nil {
		return a, err
	}
	if a.Reach, err = m.reach(); err != nil {
		return a, err
	}
	training, err := m.compile(shape{train, n, h, w})
	if err != nil {
		return a, err
	}
	evaluation, err := m.compile(shape{predict, n, h, w})
	if err != nil {
		return a, err
	}
	a.Nodes = training.nodes
	a.TrainingCalls, a.EvaluationCalls = len(training.machine.Calls()), len(evaluation.machine.Calls())
	a.TrainingBytes, a.EvaluationBytes = training.machine.Program().Bytes(), evaluation.machine.Program().Bytes()
	return a, nil
}

// TrainingBytes returns how much device memory training on batches of n images of h×w pixels takes: the batch and the
// arena of the plan. Parameters and the kernels' own scratch memory are not counted.
func TrainingBytes(c Config, dev device.Device, n, h, w int) (int64, error) {
	return plannedBytes(c, dev, func(m *Model) (shape, error) {
		multiple := m.config.Arch.Multiple()
		return shape{train, n, roundUp(h, multiple), roundUp(w, multiple)}, nil
	})
}

// PredictionBytes is TrainingBytes for predicting n images of h×w pixels at once, of any size: for the largest pass
// that Predict makes over them. It is an error if Predict refuses the size.
func PredictionBytes(c Config, dev device.Device, n, h, w int) (int64, error) {
	return plannedBytes(c, dev, func(m *Model) (shape, error) {
		p, err := m.passes(n, h, w, LargestPass)
		return shape{predict, p.images, p.h, p.w}, err
	})
}

// plannedBytes returns the memory of one graph of a network that is only planned.
func plannedBytes(c Config, dev device.Device, of func(*Model) (shape, error)) (int64, error) {
	plans := planning.Like(dev)
	m, err := allocate(c, plans)
	if err != nil {
		return 0, err
	}
	s, err := of(m)
	if err != nil {
		return 0, err
	}
	parameters := plans.Taken()
	g, err := m.compile(s)
	if err != nil {
		return 0, err
	}
	return plans.Taken() - parameters + g.machine.Program().Bytes(), nil
}

// Dot returns the forward graph in Graphviz' language, as Gorgonia draws it.
func Dot(c arch.Config, inChannels, h, w int) (string, error) {
	b, _, _, err := forward(&layers.Params{}, false, Config{Arch: c.WithDefaults(), InChannels: inChannels}, 1, h, w)
	if err != nil {
		return "", err
	}
	return b.Graph().ToDot(), nil
}
