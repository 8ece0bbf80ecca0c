package training

import "r2unet/experiments/progress"

// Observer watches a run during training. Its methods are called from the training goroutine.
type Observer interface {
	progress.Observer // of steps of training and of validation
	// EpochEnded is called at the end of each epoch with the history of all finished epochs.
	EpochEnded(History)
}
