package experiments

import (
	"fmt"

	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

// The errors and exit codes that all commands share.
type InputError = cli.InputError

// ErrInterrupted means that the sweep was asked to stop and has saved where it stands: running it again goes on.
var ErrInterrupted = cli.ErrInterrupted

// Exit codes, see package cli.
const (
	ExitFailed      = cli.ExitFailed
	ExitInput       = cli.ExitInput
	ExitInterrupted = cli.ExitInterrupted
)

// ExitCode is the code that a command ends with after an error.
func ExitCode(err error) int { return cli.ExitCode(err) }

// inputError makes an error of the user's choices an InputError, unless it is the machine's doing.
func inputError(err error) error {
	if durable.MachineFailed(err) {
		return tryAgain(err)
	}
	return &InputError{Err: err}
}

// tryAgain says what to do about an error that is the machine's doing, and leaves others as they are.
func tryAgain(err error) error {
	if durable.MachineFailed(err) {
		return fmt.Errorf("%w; fix this and run the same command again: finished runs are kept", err)
	}
	return err
}

// FailedError means that runs failed; the others are done.
type FailedError struct{ Failed, Total int }

func (e *FailedError) Error() string {
	return fmt.Sprintf("%d of %d runs failed; the table says which and why, and running again tries them once more", e.Failed, e.Total)
}
