package experiments

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/model"
)

// printPlan lists the runs with their cost. It only runs two training steps of the first network on noise, to measure
// this machine's speed.
func (s *session) printPlan(ctx context.Context, jobs []*job, searched *matrix.Search) error {
	rate, err := s.measureRate(ctx, jobs[0])
	if err != nil {
		return err
	}
	w := newTable(s.options.Stdout, table.Row{
		"Run", "Parameters", "GFLOP/sample", "Samples/epoch", "Epochs", "Measured on", "Time",
	})
	var total time.Duration
	finished := 0
	for _, j := range jobs {
		took := time.Duration(j.cost.total() / rate * float64(time.Second))
		name := j.id
		if searched != nil {
			took *= time.Duration(searched.Trials)
			name = fmt.Sprintf("%s, %d trials", j.run.Label(), searched.Trials)
		}
		left := roundTime(took)
		if searched == nil && readBrief(j.dir).finished() {
			finished++
			took, left = 0, string(StateFinished)
		}
		total += took
		result := newResult(j, evaluate.Pending)
		w.AppendRow(table.Row{
			name, j.cost.parameters, fmt.Sprintf("%.3f", j.cost.forward/1e9),
			j.cost.trained, j.cost.epochs,
			several(j.cost.tested, strings.TrimSuffix(result.Images(), "s")), left,
		})
	}
	runs := several(len(jobs), "run")
	if searched != nil {
		runs = several(len(jobs)*searched.Trials, "trial") + ", at most"
	}
	w.AppendFooter(table.Row{runs, "", "", "", "", "", roundTime(total)})
	w.Render()
	fmt.Fprintf(s.options.Stdout, "GFLOP/sample: of one forward pass. Time: estimated from two training steps of "+
		"the first network on this machine, %s (%.0f GFLOPS).\n",
		s.device.Describe(), rate/1e9)
	if finished > 0 {
		fmt.Fprintf(s.options.Stdout, "%d of %s finished in %s, not counted in the total.\n", finished,
			several(len(jobs), "run"), s.folder)
	}
	for _, line := range describeSplits(jobs) {
		fmt.Fprintln(s.options.Stdout, line)
	}
	return nil
}

// newTable returns a table for a terminal: names in the first column, numbers in the others.
func newTable(out io.Writer, header table.Row) table.Writer {
	w := table.NewWriter()
	w.SetOutputMirror(out)
	style := table.StyleLight
	style.Format.Header, style.Format.Footer = text.FormatDefault, text.FormatDefault
	w.SetStyle(style)
	w.AppendHeader(header)
	var columns []table.ColumnConfig
	for i := 2; i <= len(header); i++ {
		columns = append(columns, table.ColumnConfig{Number: i, Align: text.AlignRight, AlignFooter: text.AlignRight})
	}
	w.SetColumnConfigs(columns)
	return w
}

// describeSplits returns a line for each dataset whose split has its own seed or differs between the seeds of runs.
func describeSplits(jobs []*job) []string {
	type fold struct {
		dataset string
		number  int
	}
	var lines []string
	said := map[string]bool{}
	first := map[fold]*job{}
	for _, j := range jobs {
		name := j.run.Dataset.Name
		f := fold{name, j.run.Fold}
		if first[f] == nil {
			first[f] = j
		}
		switch other := first[f]; {
		case said[name]:
		case j.run.Dataset.SplitSeed > 0:
			said[name] = true
			lines = append(lines, fmt.Sprintf("%s: one split for all seeds, drawn from split-seed %d.",
				name, j.run.Dataset.SplitSeed))
		case !reflect.DeepEqual(j.fold.Split, other.fold.Split):
			said[name] = true
			lines = append(lines, fmt.Sprintf("%s: seeds %d and %d have different splits; split-seed = %d in its "+
				"[[dataset]] would give all seeds that of seed %d.",
				name, other.run.Seed, j.run.Seed, max(1, other.run.Seed), max(1, other.run.Seed)))
		}
	}
	return lines
}

// measureRate trains a job's network for two steps on noise and returns the operations per second of the second step;
// the first compiles the graph.
func (s *session) measureRate(ctx context.Context, j *job) (float64, error) {
	net, err := newNetwork(j.run, j.dataset.Channels(), s.device)
	if err != nil {
		return 0, err
	}
	c, h, w, n := j.dataset.Channels(), j.cost.height, j.cost.width, j.run.Training.Batch
	batch := model.NewBatch(n, c, h, w)
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range batch.Images {
		batch.Images[i] = float32(noise.NormFloat64())
	}
	var took time.Duration
	for range 2 {
		start := time.Now()
		if _, err := net.Train(ctx, batch, j.run.Training.LearningRate); err != nil {
			return 0, err
		}
		took = time.Since(start)
	}
	return j.cost.of(progress.Train, n) / took.Seconds(), nil
}

// roundTime rounds a time to the precision of an estimate.
func roundTime(d time.Duration) string {
	switch {
	case d > 48*time.Hour:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	case d > time.Hour:
		return d.Round(time.Minute).String()
	}
	return d.Round(time.Second).String()
}
