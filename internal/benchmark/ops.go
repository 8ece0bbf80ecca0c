package benchmark

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"r2unet/internal/cli"
	"r2unet/internal/device"
)

// Op is the time of all calls of one operator in a step.
type Op struct {
	// Name is the operator's name; with shapes, those of its first input and its first output follow.
	Name  string
	Calls int
	// Seconds is the sum of each call's shortest time of all runs.
	Seconds float64
	// GFLOP is the arithmetic of direct convolutions; GB is what its inputs and outputs hold, each once.
	GFLOP, GB float64
}

// Ops takes profiled steps and adds up the calls by operator, the longest first. With shapes, operators of different
// shapes are listed apart.
func (b *Bench) Ops(ctx context.Context, runs int, training, shapes bool) ([]Op, error) {
	step := b.model.ProfilePredict
	if training {
		if !b.trains() {
			return nil, &cli.InputError{Err: fmt.Errorf("%d×%d pixels: training needs multiples of %d",
				b.Width, b.Height, b.multiple)}
		}
		step = b.model.ProfileTrain
	}
	var best []device.Timing
	for range warmUps + runs {
		timings, err := step(ctx, b.Batch, up(b.Height, b.multiple), up(b.Width, b.multiple))
		if err != nil {
			return nil, err
		}
		for i, t := range timings {
			if len(best) == i {
				best = append(best, t)
			}
			best[i].Seconds = min(best[i].Seconds, t.Seconds)
		}
	}
	return sum(best, shapes), nil
}

func sum(timings []device.Timing, shapes bool) []Op {
	byName := map[string]*Op{}
	for _, t := range timings {
		name := t.Call.Name()
		if t.Defined {
			name += " (definition)"
		}
		if shapes {
			for _, x := range [][]*device.Tensor{device.Reads(t.Call), device.Writes(t.Call)} {
				if len(x) > 0 { // a constant reads nothing
					name += fmt.Sprintf(" %v", x[0].Shape)
				}
			}
		}
		op := byName[name]
		if op == nil {
			op = &Op{Name: name}
			byName[name] = op
		}
		op.Calls++
		op.Seconds += t.Seconds
		op.GFLOP += t.Call.Traits().FLOPs / 1e9
		for _, x := range append(device.Reads(t.Call), device.Writes(t.Call)...) {
			op.GB += 4 * float64(x.Elements()) / 1e9
		}
	}
	var ops []Op
	for _, op := range byName {
		ops = append(ops, *op)
	}
	slices.SortFunc(ops, func(a, b Op) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Name, b.Name))
	})
	return ops
}

// writeOps prints a table of operators: calls, time, GFLOPS, GB/s, share of the step.
func writeOps(w io.Writer, ops []Op) error {
	var total Op
	for _, op := range ops {
		total.Calls += op.Calls
		total.Seconds += op.Seconds
		total.GFLOP += op.GFLOP
		total.GB += op.GB
	}
	total.Name = "all"
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "operator\tcalls\tms\tGFLOPS\tGB/s\tshare")
	for _, op := range append(slices.Clone(ops), total) {
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.1f\t%.1f\t%.1f %%\n", op.Name, op.Calls, 1e3*op.Seconds,
			op.GFLOP/op.Seconds, op.GB/op.Seconds, 100*op.Seconds/total.Seconds)
	}
	return t.Flush()
}
