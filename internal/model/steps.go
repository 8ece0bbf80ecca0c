package model

import (
	"context"
	"fmt"
)

// Metrics of one batch.
type Metrics struct {
	// Loss is the training loss, MSE the mean squared error of the probabilities, Accuracy the share of right pixels at
	// threshold 0.5.
	Loss, MSE, Accuracy float64
}

// StartTrain begins one step of the optimizer at a learning rate on a batch, whose height and width are multiples of the network's. A
// device that computes beside its caller is not waited for, and images and targets are the caller's again. The metrics, those before the
// step, come by Collect.
func (m *Model) StartTrain(ctx context.Context, b Batch, rate float64) error {
	g, err := m.graph(b.shape(train))
	if err != nil {
		return err
	}
	if err := m.dev.Write(m.numbers.Buffer, m.optimizer.Numbers(rate, m.step+1)); err != nil {
		return err
	}
	if g.draws {
		if err := m.dev.Write(m.taken.Buffer, []float32{float32(m.step)}); err != nil {
			return err
		}
	}
	if err := m.start(ctx, g, b); err != nil {
		return err
	}
	m.step++
	return nil
}

// StartEvaluate begins to measure a batch with running statistics, and changes nothing. All else is as in StartTrain.
func (m *Model) StartEvaluate(ctx context.Context, b Batch) error {
	g, err := m.graph(b.shape(evaluate))
	if err != nil {
		return err
	}
	return m.start(ctx, g, b)
}

// start runs the graph on a batch and sees to its metrics.
func (m *Model) start(ctx context.Context, g *graph, b Batch) error {
	if err := m.dev.Write(g.image.Buffer, b.Images); err != nil {
		return fmt.Errorf("images: %w", err)
	}
	if err := m.dev.Write(g.target.Buffer, b.Targets); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	if err := g.machine.Run(ctx); err != nil {
		return err
	}
	if m.queue != nil {
		if err := m.queue.Post(g.metrics.Buffer); err != nil {
			return err
		}
	} else {
		var values [3]float32
		if err := m.dev.Read(values[:], g.metrics.Buffer); err != nil {
			return err
		}
		m.ready = append(m.ready, metricsOf(values[:]))
	}
	m.started++
	return nil
}

func metricsOf(v []float32) Metrics {
	return Metrics{Loss: float64(v[0]), MSE: float64(v[1]), Accuracy: float64(v[2])}
}

// Collect gives the metrics of the steps that were started and not collected yet, in their order: of all of them, or with
// wait false of those that are done.
func (m *Model) Collect(wait bool) ([]Metrics, error) {
	done := m.ready
	m.ready = nil
	if m.queue != nil {
		posted, err := m.queue.Posted(wait)
		if err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
		for _, values := range posted {
			done = append(done, metricsOf(values))
		}
	}
	m.started -= len(done)
	return done, nil
}

// Train is StartTrain and Collect of this one step.
func (m *Model) Train(ctx context.Context, b Batch, rate float64) (Metrics, error) {
	return m.alone(func() error { return m.StartTrain(ctx, b, rate) })
}

// Evaluate is StartEvaluate and Collect of this one batch.
func (m *Model) Evaluate(ctx context.Context, b Batch) (Metrics, error) {
	return m.alone(func() error { return m.StartEvaluate(ctx, b) })
}

// alone takes a step while no other is under way.
func (m *Model) alone(start func() error) (Metrics, error) {
	if m.started > 0 {
		return Metrics{}, fmt.Errorf("%d steps are under way; collect them before a step is taken alone", m.started)
	}
	if err := start(); err != nil {
		return Metrics{}, err
	}
	done, err := m.Collect(true)
	if err != nil {
		return Metrics{}, err
	}
	return done[0], nil
}
