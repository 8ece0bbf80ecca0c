package engines

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"r2unet/experiments"
)

// Compare simulates a plan's runs, each as often as repeat says, in the plan's order, in a random one and without
// failures, and returns a table. Checkpoints, starts and requeues take what they take in practice: a checkpoint a
// minute, half a minute to start, and two minutes until Slurm starts a requeued task.
func Compare(p experiments.Agenda, repeat int, c Cluster) string {
	c.Save, c.Start, c.Requeue = time.Minute, 30*time.Second, 2*time.Minute
	var runs []experiments.AgendaItem
	for _, r := range p.Runs {
		for range repeat {
			r.Index = len(runs)
			runs = append(runs, r)
		}
	}
	shuffled := slices.Clone(runs)
	rand.New(rand.NewPCG(c.Seed, 0)).Shuffle(len(runs), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	sound := c
	sound.Failure, sound.Fault = 0, 0

	var b strings.Builder
	fmt.Fprintf(&b, "%d runs, %s of work by the plan, on %d workers: each fails every %s on average and is back "+
		"after\n%s; %g of attempts fail by themselves; true times are spread by %g around the plan's.\n",
		len(runs), roughly(total(runs)), c.Workers, roughly(c.Failure), roughly(c.Repair), c.Fault, c.Spread)
	w := table.NewWriter()
	w.SetOutputMirror(&b)
	w.SetStyle(table.StyleLight)
	w.Style().Format.Header = text.FormatDefault
	w.AppendHeader(table.Row{
		"order", "failures", "makespan", "over the bound", "attempts", "stopped", "lost per failure", "most lost",
		"given up",
	})
	for _, row := range []struct {
		order, failures string
		outcome         Outcome
	}{
		{"the plan's", "yes", Simulate(runs, c)},
		{"random", "yes", Simulate(shuffled, c)},
		{"the plan's", "none", Simulate(runs, sound)},
		{"random", "none", Simulate(shuffled, sound)},
	} {
		o := row.outcome
		w.AppendRow(table.Row{
			row.order, row.failures, roughly(o.Makespan),
			fmt.Sprintf("%+.1f%%", 100*(o.Makespan.Seconds()/o.Bound.Seconds()-1)), o.Attempts, o.Stopped,
			o.LostPerFailure().Round(time.Second), o.MostLost.Round(time.Second), o.GivenUp,
		})
	}
	w.Render()
	return b.String()
}
