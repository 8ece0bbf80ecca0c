package cli

import (
	"flag"
	"fmt"
	"strings"
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
