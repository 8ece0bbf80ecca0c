package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"r2unet/internal/nearest"
)

// Usage sets what -help prints: the forms of the command line, what the command does, examples, more (called when it is
// printed; nil for nothing), and the flags. An example is a command line without "go run ./cmd/", and what it does.
func Usage(flags *flag.FlagSet, command, does string, examples [][2]string, more func() string) {
	flags.SetOutput(Stderr)
	flags.Usage = func() {
		w := flags.Output()
		fmt.Fprintf(w, "usage: %s\n\n%s\n\nexamples:\n", command, does)
		width := 0
		for _, e := range examples {
			width = max(width, len(e[0]))
		}
		for _, e := range examples {
			fmt.Fprintf(w, "  go run ./cmd/%-*s   %s\n", width, e[0], e[1])
		}
		if more != nil {
			fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(more()))
		}
		some := false
		flags.VisitAll(func(*flag.Flag) { some = true })
		if some {
			fmt.Fprintf(w, "\nflags:\n")
			flags.PrintDefaults()
		}
	}
}

// ParseFlags is Parse for a command that takes nothing but flags, none of them empty.
func ParseFlags(flags *flag.FlagSet, command string, args []string) error {
	if err := Parse(flags, command, args); err != nil {
		return err
	}
	return NoArguments(flags)
}

// ParseArguments is Parse for flags and other arguments in any order, and returns the others. What follows "--" is no
// flag.
func ParseArguments(flags *flag.FlagSet, command string, args []string) (others []string, err error) {
	for {
		if err := Parse(flags, command, args); err != nil {
			return nil, err
		}
		left := flags.Args()
		if n := len(args) - len(left); len(left) == 0 || n > 0 && args[n-1] == "--" {
			return append(others, left...), nil
		}
		others, args = append(others, left[0]), left[1:]
	}
}

// Parse parses the arguments of a command whose help Usage has set. The error is one line that says where the help is,
// and Status 0 after -h or -help, when the help has been printed.
func Parse(flags *flag.FlagSet, command string, args []string) error {
	usage := flags.Usage
	flags.Init(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the flag package prints the whole help below an error
	flags.Usage = func() {}
	err := flags.Parse(args)
	flags.SetOutput(Stderr)
	flags.Usage = usage
	switch {
	case err == nil:
		return nil
	case errors.Is(err, flag.ErrHelp):
		usage()
		return Status(ExitDone)
	}
	text := err.Error()
	if name, unknown := strings.CutPrefix(text, "flag provided but not defined: -"); unknown {
		var known []string
		flags.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
		text = "unknown flag -" + name
		if near := nearest.Of(name, known); near != "" {
			text += "; did you mean -" + near + "?"
		}
	}
	return &InputError{fmt.Errorf("%s (%s -h lists the flags)", text, command)}
}
