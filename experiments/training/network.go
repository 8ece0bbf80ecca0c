package training

import (
	"context"

	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// Metrics are the loss, mean squared error and pixel accuracy of a batch.
type Metrics = model.Metrics

// Network is what training requires of a network. model.Model implements it; tests of the training loop use a small
// fake whose behaviour they control.
type Network interface {
	stepper
	stateful
	diagnosable
}

// stepper runs training and evaluation steps, possibly asynchronously.
type stepper interface {
	// StartTrain starts one step of the optimizer at a learning rate. StartAccumulate starts adding the gradient of a
	// batch to that of the next StartTrain. StartEvaluate starts measuring a batch and changes nothing. The caller may
	// reuse images and targets when they return. Collect returns the metrics, which are those before the step. Reading
	// or replacing the state waits for started steps. If the context ends during a training step, the state is
	// undefined until the next Restore.
	StartTrain(ctx context.Context, b model.Batch, rate float64) error
	StartAccumulate(ctx context.Context, b model.Batch) error
	StartEvaluate(ctx context.Context, b model.Batch) error
	// Probabilities returns those of the batch of the last StartEvaluate: [N, 1, H, W], or [N, K, H, W] of K ≥ 3
	// classes. They are valid until the next call.
	Probabilities() ([]float32, error)
	collector
}

// collector returns the metrics of steps.
type collector interface {
	// Collect returns the metrics of the steps that were started and not yet collected, in order: of all of them, or,
	// if wait is false, of the finished ones.
	Collect(wait bool) ([]Metrics, error)
}

// stateful gives access to everything that training changes.
type stateful interface {
	// TensorsInto copies the state into the memory of one of its earlier results, or into new memory if that is nil.
	TensorsInto(into []checkpoint.Tensor) ([]checkpoint.Tensor, error)
	// Restore restores a state that TensorsInto returned.
	Restore(tensors []checkpoint.Tensor) error
}

// diagnosable finds out why training diverged.
type diagnosable interface {
	// FirstNotFinite returns the name of the first operator of a training step whose result has a NaN or an infinity;
	// "" if there is none.
	FirstNotFinite(ctx context.Context, b model.Batch) (string, error)
}

var _ Network = (*model.Model)(nil)
