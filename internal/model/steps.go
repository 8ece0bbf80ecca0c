package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Metrics of one batch.
type Metrics struct {
	// Loss is the training loss, MSE the mean squared error of the probabilities, Accuracy the fraction of correct
	// pixels, at threshold 0.5 or, of several classes, by the most probable one.
	Loss, MSE, Accuracy float64
}

// StartTrain starts one step of the optimizer at a learning rate on a batch, whose height and width are multiples of
// the network's, and on those of StartAccumulate since the last update: the gradient is the mean over all their samples
// of what the loss has as the gradient of a batch. It does not wait for an asynchronous device; the caller may reuse
// images and targets as soon as it returns. Collect returns the metrics, which are those before the step.
func (m *Model) StartTrain(ctx context.Context, b Batch, rate float64) error {
	if err := m.write(m.updateNumbers(rate)); err != nil {
		return err
	}
	if err := m.startGradients(ctx, b); err != nil {
		return err
	}
	if m.config.Accumulate {
		if err := m.runUpdate(ctx); err != nil {
			return err
		}
	}
	m.step++
	m.samples = 0
	return nil
}

// StartAccumulate starts computing the gradients of a batch for the update of the next StartTrain; running statistics
// take the batch in, and the weights stay. It is an error for a network without Config.Accumulate. Everything else is
// as in StartTrain.
func (m *Model) StartAccumulate(ctx context.Context, b Batch) error {
	if !m.config.Accumulate {
		return errors.New("the network was not made for accumulating gradients")
	}
	return m.startGradients(ctx, b)
}

// startGradients starts the training graph on a batch. Without accumulation it includes the update.
func (m *Model) startGradients(ctx context.Context, b Batch) error {
	g, err := m.graph(b.shape(train))
	if err != nil {
		return err
	}
	if err := m.write(m.batchNumbers(b.N, g.draws)); err != nil {
		return err
	}
	if err := m.start(ctx, g, b); err != nil {
		return err
	}
	m.batches++
	m.samples += b.N
	return nil
}

// StartEvaluate starts computing the metrics of a batch with running statistics, and changes nothing. Everything else
// is as in StartTrain.
func (m *Model) StartEvaluate(ctx context.Context, b Batch) error {
	g, err := m.graph(b.shape(evaluate))
	if err != nil {
		return err
	}
	m.evaluated = g
	return m.start(ctx, g, b)
}

// Probabilities returns those of the batch of the last StartEvaluate, [N, Outputs, H, W], and waits for them. The
// memory is reused by the next call.
func (m *Model) Probabilities() ([]float32, error) {
	if m.evaluated == nil {
		return nil, errors.New("probabilities: no batch was evaluated")
	}
	n := 1
	for _, d := range m.evaluated.output.Shape {
		n *= d
	}
	m.probabilities = slices.Grow(m.probabilities[:0], n)[:n]
	return m.probabilities, m.dev.Read(m.probabilities, m.evaluated.output.Buffer)
}

// start runs the graph on a batch and reads its metrics, or posts them for Collect.
func (m *Model) start(ctx context.Context, g *graph, b Batch) error {
	if err := m.dev.Write(g.image.Buffer, b.Images); err != nil {
		return fmt.Errorf("images: %w", err)
	}
	if err := m.checkTargets(b.Targets); err != nil {
		return err
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

// checkTargets refuses targets of several classes that are no class of the network, which no kernel looks out for.
func (m *Model) checkTargets(targets []float32) error {
	k := m.config.Outputs()
	if k == 1 {
		return nil
	}
	for i, t := range targets {
		if !(t >= -1 && t < float32(k)) || t != float32(int(t)) {
			return fmt.Errorf("targets: value %g at %d, expected a class from 0 to %d, or -1 for none", t, i, k-1)
		}
	}
	return nil
}

func metricsOf(v []float32) Metrics {
	return Metrics{Loss: float64(v[0]), MSE: float64(v[1]), Accuracy: float64(v[2])}
}

// Collect returns the metrics of the steps that were started and not collected yet, in order: of all of them, or, if
// wait is false, of those that are done.
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

// Train calls StartTrain and collects the metrics of this step.
func (m *Model) Train(ctx context.Context, b Batch, rate float64) (Metrics, error) {
	return m.alone(func() error { return m.StartTrain(ctx, b, rate) })
}

// Evaluate calls StartEvaluate and collects the metrics of this batch.
func (m *Model) Evaluate(ctx context.Context, b Batch) (Metrics, error) {
	return m.alone(func() error { return m.StartEvaluate(ctx, b) })
}

// alone runs a step while no other is in progress.
func (m *Model) alone(start func() error) (Metrics, error) {
	if m.started > 0 {
		return Metrics{}, fmt.Errorf("%d steps are in progress; collect them before running a step alone", m.started)
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
