package model

import (
	"context"
	"slices"

	"r2unet/internal/device"
)

// ProfileTrain takes one training step on the batch in the device's memory, from the last Train of this shape or
// zeros, timing each kernel call, and returns the times in the plan's order. The weights change.
func (m *Model) ProfileTrain(ctx context.Context, n, h, w int) ([]device.Timing, error) {
	return m.profile(ctx, shape{train, n, h, w})
}

// ProfilePredict is ProfileTrain for a prediction, which changes nothing.
func (m *Model) ProfilePredict(ctx context.Context, n, h, w int) ([]device.Timing, error) {
	return m.profile(ctx, shape{predict, n, h, w})
}

func (m *Model) profile(ctx context.Context, s shape) ([]device.Timing, error) {
	g, err := m.graph(s)
	if err != nil {
		return nil, err
	}
	return g.machine.Program().Profile(ctx)
}

// Defined names the kinds of calls, each once, that a training step on n images of h×w pixels runs by their definition,
// because the device has no kernel for them. The graph is compiled for it, as the step itself would.
func (m *Model) Defined(n, h, w int) ([]string, error) {
	g, err := m.graph(shape{train, n, h, w})
	if err != nil {
		return nil, err
	}
	definer, ok := g.machine.Program().(device.Definer)
	if !ok {
		return nil, nil
	}
	var names []string
	for _, i := range definer.Defined() {
		if name := g.machine.Calls()[i].Name(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}
