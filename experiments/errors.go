package experiments

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// ErrInterrupted means that the sweep was asked to stop and has saved where it stands: running it again goes on.
var ErrInterrupted = errors.New("interrupted; run the same command again to go on")

// InputError means that what the user gave cannot be used: trying again without a change is of no use.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *InputError) Unwrap() error { return e.Err }

// machineFailed says whether an error is the machine's doing: a disk that is full or broken, or memory or files that are used up.
func machineFailed(err error) bool {
	for _, fault := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// inputError makes an error of the user's choices an InputError, unless it is the machine's doing.
func inputError(err error) error {
	if machineFailed(err) {
		return tryAgain(err)
	}
	return &InputError{err}
}

// tryAgain says what to do about an error that is the machine's doing, and leaves others as they are.
func tryAgain(err error) error {
	if machineFailed(err) {
		return fmt.Errorf("%w; put that in order and run the same command again: what is finished is kept", err)
	}
	return err
}

// FailedError means that runs failed; the others are done.
type FailedError struct{ Failed, Total int }

func (e *FailedError) Error() string {
	return fmt.Sprintf("%d of %d runs failed; the table says which and why, and running again tries them once more", e.Failed, e.Total)
}

// Exit codes of the commands.
const (
	ExitDone        = 0
	ExitFailed      = 1  // a run failed, or the machine did (a full disk): try again when that is in order
	ExitInput       = 2  // bad input: do not try again
	ExitInterrupted = 75 // stopped in good order: try again (EX_TEMPFAIL)
)

// ExitCode is the code that a command ends with after an error.
func ExitCode(err error) int {
	var input *InputError
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &input):
		return ExitInput
	case errors.Is(err, ErrInterrupted), errors.Is(err, context.Canceled):
		return ExitInterrupted
	}
	return ExitFailed
}
