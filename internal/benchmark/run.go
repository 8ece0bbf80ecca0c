package benchmark

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"

	"r2unet/internal/cli"
	"r2unet/internal/device/choose"
)

// Options are what cmd/bench takes.
type Options struct {
	Case  Case
	Table bool // measure the cases of Table instead
	// Device is the kind of device; Threads, GPU and Precision are as in choose.Options.
	Device       string
	Threads, GPU int
	Precision    string
	Runs         int // timed steps of each kind
	// Fastest measures the processor time of the fastest step instead of the wall time of the median one, for a
	// machine that computes other things meanwhile. It needs one thread, because threads that wait compute too.
	Fastest bool
	// Ops prints a table of operators instead: of a training step, or with Infer of a prediction; with Shapes, shapes
	// are listed apart.
	Ops, Infer, Shapes bool
	// Compare is a peer to measure in turn: "torch", run by Python, Rounds how often; Reference is a script in place of
	// the project's own.
	Compare, Reference, Python string
	Rounds                     int
	Compile                    bool   // measure the peer compiled too
	CPUProfile                 string // file for a profile of the process; "" = none
	// Given names the flags that were set, so that one without effect is refused.
	Given          []string
	Stdout, Stderr io.Writer
}

// check names the first option that cannot be, or that would have no effect.
func (o Options) check() error {
	switch {
	case o.Runs < 1:
		return fmt.Errorf("-runs %d: expected at least 1", o.Runs)
	case o.Rounds < 1:
		return fmt.Errorf("-rounds %d: expected at least 1", o.Rounds)
	case o.Compare != "" && o.Compare != "torch":
		return fmt.Errorf("-compare %s: expected torch", o.Compare)
	case o.Fastest && (o.Threads != 1 || o.Device != "cpu" || o.Ops):
		return errors.New("-fastest counts the processor's time: it takes -threads 1 of -device cpu, without -ops")
	case (o.Case.Matrix == "") != (o.Case.Network == ""):
		return errors.New("-config names a file and -network one of its networks; give both, or neither")
	case o.Compare != "" && o.Ops:
		return errors.New("-ops and -compare: choose one of them")
	}
	for _, name := range o.Given {
		switch {
		case slices.Contains([]string{"infer", "shapes"}, name) && !o.Ops:
			return fmt.Errorf("-%s: has an effect with -ops alone", name)
		case slices.Contains([]string{"reference", "python", "rounds", "compile"}, name) && o.Compare == "":
			return fmt.Errorf("-%s: has an effect with -compare alone", name)
		case o.Table && slices.Contains([]string{
			"arch", "t", "weights", "config", "network", "channels", "batch", "cin", "size", "width",
		}, name):
			return fmt.Errorf("-%s and -table: the cases of the table are given; choose one of them", name)
		case slices.Contains([]string{"arch", "t", "weights"}, name) && o.Case.Matrix != "":
			return fmt.Errorf("-%s and -config: the file says what the network is; choose one of them", name)
		}
	}
	if o.Compare != "" && o.Reference != "" {
		if _, err := os.Stat(o.Reference); err != nil {
			return fmt.Errorf("-reference: %w", err)
		}
	}
	return nil
}

// Run measures what the options ask for and prints it: JSON lines, or a table of operators. When the context ends it
// returns cli.ErrInterrupted, within a second in every phase. What cannot be measured because of the options is a
// *cli.InputError.
func Run(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return &cli.InputError{Err: err}
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	cases := []Case{o.Case}
	if o.Table {
		cases = Table()
	}
	if o.CPUProfile != "" {
		f, err := os.Create(o.CPUProfile)
		if err != nil {
			return &cli.InputError{Err: fmt.Errorf("-cpuprofile: %w", err)}
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return fmt.Errorf("-cpuprofile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	return cli.UnlessStopped(ctx, func(ctx context.Context) error {
		for _, c := range cases {
			if err := o.measure(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// measure does one case on a device of its own.
func (o Options) measure(ctx context.Context, c Case) error {
	dev, why, err := choose.Open(o.Device, choose.Options{Threads: o.Threads, GPU: o.GPU, Precision: o.Precision})
	if err != nil {
		return &cli.InputError{Err: err}
	}
	defer dev.Close()
	if why != "" {
		fmt.Fprintln(o.Stderr, "bench:", why)
	}
	b, err := New(c, dev, o.Threads)
	if err != nil {
		return err
	}
	if !b.trains() && !o.Ops {
		fmt.Fprintf(o.Stderr, "bench: no speed of training: the network halves images %d times, so that sides must be "+
			"multiples of %d, and they are %d and %d px; predictions are padded to them\n",
			bits.Len(uint(b.multiple))-1, b.multiple, b.Height, b.Width)
	}
	b.fastest = o.Fastest
	emit := json.NewEncoder(o.Stdout).Encode
	switch {
	case o.Ops:
		table, err := b.Ops(ctx, o.Runs, !o.Infer, o.Shapes)
		if err != nil {
			return err
		}
		return writeOps(o.Stdout, table)
	case o.Compare != "":
		torch := Torch{
			Python: o.Python, Script: o.Reference, Threads: o.Threads, Device: dev.Name(), GPU: o.GPU,
			TF32: o.Precision == choose.TF32, BF16: o.Precision == choose.BF16, Fastest: o.Fastest,
			Compile: o.Compile,
		}
		ratio, err := Compare(ctx, b, torch, o.Rounds, o.Runs, emit)
		if err != nil {
			return err
		}
		return emit(ratio)
	}
	row, err := b.Measure(ctx, o.Runs)
	if err != nil {
		return err
	}
	return emit(row)
}
