package training

import (
	"context"

	"r2unet/datasets"
	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// Metrics are the loss, mean squared error and pixel accuracy of a batch.
type Metrics = model.Metrics

// Network is what training and testing need of a network. model.Model is one; the tests of the training loop
// have a small one whose behaviour they control.
type Network interface {
	// Train makes one step of the optimizer at a learning rate and returns the metrics before it. Where the context
	// ends during the step, the state is undefined until the next Restore.
	Train(ctx context.Context, b model.Batch, rate float64) (Metrics, error)
	// StartTrain begins such a step, and StartEvaluate to measure a batch, which changes nothing. Images and targets
	// are the caller's again when they return; the metrics come by Collect, and whatever reads or replaces the state
	// waits for them.
	StartTrain(ctx context.Context, b model.Batch, rate float64) error
	StartEvaluate(ctx context.Context, b model.Batch) error
	// Collect returns the metrics of the steps that were started and not collected, in order: of all of them, or with
	// wait false of those that are done.
	Collect(wait bool) ([]Metrics, error)
	// Predict fills probabilities [N, 1, H, W] for images of any size.
	Predict(ctx context.Context, probabilities []float32, b model.Batch) error
	// FirstNotFinite names the first operator of a training step whose result has a NaN or an infinity; "" where
	// there is none.
	FirstNotFinite(ctx context.Context, b model.Batch) (string, error)
	// TensorsInto copies out everything that training changes, into the memory of one of its earlier results, or into
	// new memory where that is nil.
	TensorsInto(into []checkpoint.Tensor) ([]checkpoint.Tensor, error)
	// Restore puts back what TensorsInto gave.
	Restore(tensors []checkpoint.Tensor) error
}

// forNetwork is a batch as a network takes it.
func forNetwork(b *datasets.Batch) model.Batch {
	return model.Batch{Images: b.Images, Targets: b.Targets, N: b.N, C: b.C, H: b.H, W: b.W}
}

var _ Network = (*model.Model)(nil)
