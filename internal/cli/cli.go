// Package cli holds what all commands share: exit codes, signal handling, and output without control
// characters.
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

// Exit codes of the commands. A crash ends with none of them; see crash.
const (
	ExitDone        = 0
	ExitFailed      = 1  // a run failed, or the machine (e.g. a full disk): retry after fixing it
	ExitInput       = 2  // bad input: retrying cannot help
	ExitInterrupted = 75 // interrupted with its state saved: retry (EX_TEMPFAIL)
)

// ErrInterrupted means that the command was interrupted and has saved its state: running it again resumes.
var ErrInterrupted = errors.New("interrupted; run the same command again to go on")

// InputError means that the user's input is invalid: retrying without a change cannot help.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// Status is an exit code without a message, for a command that has already printed everything.
type Status int

func (s Status) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// ExitCode returns the exit code of a command that returned err.
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

// Signalled returns a context that ends with the first SIGINT or SIGTERM. Once it has ended, signals have their default
// effect again: they are given back before, because a second one that came in between would be lost.
func Signalled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel()
	}()
	return ctx
}

// Main runs a command and ends the process with the exit code of its error, which it prints unless it is a
// Status. The context ends with the first SIGINT or SIGTERM; afterwards signals have their default effect, so
// that a second one ends the program at once.
func Main(name string, run func(ctx context.Context) error) {
	crash()
	flag.CommandLine.SetOutput(Stderr)
	err := run(Signalled())
	if _, silent := err.(Status); err != nil && !silent {
		fmt.Fprintf(Stderr, "%s: %v\n", name, err)
	}
	os.Exit(ExitCode(err))
}

// NoArguments returns an error if the command line has arguments besides its flags, or a flag with an empty
// value, e.g. from an unset shell variable.
func NoArguments(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return &InputError{fmt.Errorf("unexpected argument %q; every setting is a flag, see -help", flags.Arg(0))}
	}
	return NoEmptyFlag(flags)
}

// NoEmptyFlag returns an error if a flag has an empty value.
func NoEmptyFlag(flags *flag.FlagSet) error {
	var err error
	flags.Visit(func(f *flag.Flag) {
		if err == nil && f.Value.String() == "" {
			err = &InputError{fmt.Errorf("-%s: is empty (a variable that is not set?); give a value, or leave the "+
				"flag out", f.Name)}
		}
	})
	return err
}
