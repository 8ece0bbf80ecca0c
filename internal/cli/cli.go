// Package cli is what all commands share: how they end, which signals they hear, and output that cannot command a terminal.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes of the commands. A crash has none of them: see crash.
const (
	ExitDone        = 0
	ExitFailed      = 1  // a run failed, or the machine did (a full disk): try again when that is in order
	ExitInput       = 2  // bad input: do not try again
	ExitInterrupted = 75 // stopped in good order: try again (EX_TEMPFAIL)
)

// ErrInterrupted means that the command was asked to stop and has saved where it stands: running it again goes on.
var ErrInterrupted = errors.New("interrupted; run the same command again to go on")

// InputError means that what the user gave cannot be used: trying again without a change is of no use.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *InputError) Unwrap() error { return e.Err }

// Status is an exit code without a message, for a command that has said everything.
type Status int

func (s Status) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// ExitCode is the code that a command ends with after an error.
func ExitCode(err error) int {
	var input *InputError
	var status Status
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &input):
		return ExitInput
	case errors.Is(err, ErrInterrupted), errors.Is(err, context.Canceled):
		return ExitInterrupted
	}
	return ExitFailed
}

// Main runs a command and ends the process with the exit code of its error, which it prints unless it is a Status. The context ends with
// the first SIGINT or SIGTERM; from then on signals have their usual effect, so that the second one ends the program at once.
func Main(name string, run func(ctx context.Context) error) {
	crash()
	flag.CommandLine.SetOutput(Stderr)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx)
	if _, silent := err.(Status); err != nil && !silent {
		fmt.Fprintf(Stderr, "%s: %v\n", name, err)
	}
	os.Exit(ExitCode(err))
}

// NoArguments is an error where a command line has arguments beside its flags, or a flag with an empty value, such as that of a shell variable
// that is not set.
func NoArguments() error {
	if flag.NArg() > 0 {
		return &InputError{fmt.Errorf("unexpected argument %q; every setting is a flag, see -help", flag.Arg(0))}
	}
	var err error
	flag.Visit(func(f *flag.Flag) {
		if err == nil && f.Value.String() == "" {
			err = &InputError{fmt.Errorf("-%s: is empty (a variable that is not set?); give a value, or leave the flag out", f.Name)}
		}
	})
	return err
}
