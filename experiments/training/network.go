package training

import (
	"context"

	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// Metrics are the loss, mean squared error and pixel accuracy of a batch.
type Metrics = model.Metrics

// Network is what training and testing need of a network. model.Model is one; the tests of the training loop
// have a small one whose behaviour they control.
//
// Images are [n, C, h, w] and targets [n, 1, h, w], row-major.
type Network interface {
	// Train makes one step of Adam at a learning rate and returns the metrics before it. Where the context ends during
	// the step, the state is undefined until the next Restore.
	Train(ctx context.Context, images, targets []float32, n, h, w int, rate float64) (Metrics, error)
	// StartTrain begins such a step, and StartEvaluate to measure a batch, which changes nothing. Images and targets are the
	// caller's again when they return; the metrics come by Collect, and whatever reads or replaces the state waits for them.
	StartTrain(ctx context.Context, images, targets []float32, n, h, w int, rate float64) error
	StartEvaluate(ctx context.Context, images, targets []float32, n, h, w int) error
	// Collect returns the metrics of the steps that were started and not collected, in order: of all of them, or with wait
	// false of those that are done.
	Collect(wait bool) ([]Metrics, error)
	// Predict fills probabilities [n, 1, h, w] for images of any size.
	Predict(ctx context.Context, probabilities, images []float32, n, h, w int) error
	// FirstNotFinite names the first operator of a training step whose result has a NaN or an infinity; "" where there is none.
	FirstNotFinite(ctx context.Context, images, targets []float32, n, h, w int) (string, error)
	// TensorsInto copies out everything that training changes, into the memory of one of its earlier results, or into new memory where
	// that is nil.
	TensorsInto(into []checkpoint.Tensor) ([]checkpoint.Tensor, error)
	// Restore puts back what TensorsInto gave.
	Restore(tensors []checkpoint.Tensor) error
}

var _ Network = (*model.Model)(nil)
