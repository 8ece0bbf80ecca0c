package experiments

import (
	"fmt"

	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

// InputError is an error in the user's input, see package cli.
type InputError = cli.InputError

// ErrInterrupted means that the sweep was asked to stop and has saved its state: running it again resumes it.
var ErrInterrupted = cli.ErrInterrupted

// Exit codes, see package cli.
const (
	ExitFailed      = cli.ExitFailed
	ExitInput       = cli.ExitInput
	ExitInterrupted = cli.ExitInterrupted
)

// ExitCode returns a command's exit code for an error.
func ExitCode(err error) int { return cli.ExitCode(err) }

// inputError makes err an InputError unless the machine failed.
func inputError(err error) error {
	if durable.MachineFailed(err) {
		return tryAgain(err)
	}
	return &InputError{Err: err}
}

// tryAgain adds advice to an error of the machine, and returns others unchanged.
func tryAgain(err error) error {
	if durable.MachineFailed(err) {
		return fmt.Errorf("%w; fix this and run the same command again: finished runs are kept", err)
	}
	return err
}

// FailedError means that some runs failed and the others are finished.
type FailedError struct{ Failed, Total int }

func (e *FailedError) Error() string {
	return fmt.Sprintf("%d of %d runs failed; the table says which and why, and running again tries them once more",
		e.Failed, e.Total)
}
