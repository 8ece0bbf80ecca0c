package training

import (
	"context"

	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// Metrics are the loss, mean squared error and pixel accuracy of a batch.
type Metrics = model.Metrics

// Network is what training needs of a network. model.Model is one; the tests of the training loop have a small one
// whose behaviour they control.
type Network interface {
	Steps
	State
	Diagnosis
}

// Steps are what epochs are made of. They may run asynchronously, on a device that computes beside its caller.
type Steps interface {
	// StartTrain begins a step of the optimizer at a learning rate, and StartEvaluate to measure a batch, which
	// changes nothing. Images and targets are the caller's again when they return; the metrics, before the step, come
	// by Collect, and whatever reads or replaces the state waits for them. Where the context ends during a step of
	// training, the state is undefined until the next Restore.
	StartTrain(ctx context.Context, b model.Batch, rate float64) error
	StartEvaluate(ctx context.Context, b model.Batch) error
	collector
}

// collector gives the metrics of steps.
type collector interface {
	// Collect returns the metrics of the steps that were started and not collected, in order: of all of them, or with
	// wait false of those that are done.
	Collect(wait bool) ([]Metrics, error)
}

// State is everything that training changes.
type State interface {
	// TensorsInto copies the state out, into the memory of one of its earlier results, or into new memory where that
	// is nil.
	TensorsInto(into []checkpoint.Tensor) ([]checkpoint.Tensor, error)
	// Restore puts back what TensorsInto gave.
	Restore(tensors []checkpoint.Tensor) error
}

// Diagnosis finds out why training has diverged.
type Diagnosis interface {
	// Train is StartTrain that waits for its step and returns its metrics.
	Train(ctx context.Context, b model.Batch, rate float64) (Metrics, error)
	// FirstNotFinite names the first operator of a training step whose result has a NaN or an infinity; "" where there
	// is none.
	FirstNotFinite(ctx context.Context, b model.Batch) (string, error)
}

var _ Network = (*model.Model)(nil)
