package training

import "r2unet/experiments/progress"

// Observer follows a run while it trains. Its methods are called by the goroutine that trains.
type Observer interface {
	progress.Observer // of steps of training and of validation
	// EpochEnded is called with the history of all finished epochs at the end of each.
	EpochEnded(History)
}
