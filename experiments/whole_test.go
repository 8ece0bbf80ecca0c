package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// TestWholeRunsAreNotTakenForCutOff: one that was stopped early has fewer epochs than it was to have, and published
// results have no checkpoint. One epoch that is missing is one too few.
func TestWholeRunsAreNotTakenForCutOff(t *testing.T) {
	write := func(dir string, epochs int) {
		var history strings.Builder
		must(t, record.WriteHistory(&history, make([]record.Epoch, epochs)))
		writeText(t, filepath.Join(dir, record.HistoryFile), history.String())
		writeText(t, filepath.Join(dir, record.CurvesFile), "{}\n")
	}
	for _, c := range []struct {
		stopped, written int
		want             string
	}{
		{0, 5, ""},
		{0, 4, "history.csv: has 4 of 5 epochs"},
		{2, 2, ""},
		{2, 1, "history.csv: has 1 of 2 epochs"},
	} {
		dir := t.TempDir()
		write(dir, c.written)
		got := cutOff(dir, Record{Result: evaluate.Result{Epochs: 5}, StoppedEpoch: c.stopped}, true)
		if (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("stopped after %d, %d written: %q", c.stopped, c.written, got)
		}
	}
}

// TestFinishedRunThatWasCopiedByHalvesIsSaid: a file of a finished run is cut off or missing. It is not brought into
// other results; a sweep says so, and what it advises gives the run back.
func TestFinishedRunThatWasCopiedByHalvesIsSaid(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	sweepOf(t, o)
	want := outcome(t, childOptions{Options: o})
	run := firstRun(t, o)
	found, err := ReadRecord(run)
	must(t, err)
	if damage := cutOff(run, found, true); damage != "" {
		t.Fatalf("a sound run: %s", damage)
	}
	picture := filepath.Join(record.PredictionsFolder, found.Tested[0]+".png")
	for _, c := range []struct {
		file    string
		missing bool // in place of cut off
		back    bool // whether a sweep makes it again
	}{
		{record.CurvesFile, false, true},
		{record.CurvesFile, true, true},
		{record.HistoryFile, false, true},
		{record.HistoryFile, true, true},
		{record.CheckpointFile, false, false},
		{picture, false, false},
		{record.RunFile, false, false},
	} {
		what := fmt.Sprintf("%s, missing %t", c.file, c.missing)
		broken, fresh := inProcess(t, tiny), inProcess(t, tiny)
		must(t, os.CopyFS(filepath.Join(broken.Out, "two"), os.DirFS(filepath.Join(o.Out, "two"))))
		path := filepath.Join(firstRun(t, broken), c.file)
		if c.missing {
			must(t, os.Remove(path))
		} else {
			must(t, os.Truncate(path, 40))
		}
		said := collectOf(t, fresh, broken.Out)
		if !strings.Contains(said, "left out: "+filepath.Dir(strings.TrimSuffix(path, c.file)+"x")) ||
			!strings.Contains(said, c.file) || !strings.Contains(said, "1 of 2 runs finished") {
			t.Errorf("%s: collected:\n%s", what, said)
		}
		if !c.back {
			continue
		}
		if said := collectOf(t, broken); c.file == record.HistoryFile && !c.missing && !strings.Contains(said, c.file) {
			t.Errorf("%s: collected where it is:\n%s", what, said)
		}
		if said := sweepOf(t, broken); !strings.Contains(said, "finished, but "+c.file) {
			t.Errorf("%s: swept:\n%s", what, said)
		}
		must(t, os.Remove(filepath.Join(firstRun(t, broken), record.RunFile)))
		if said := sweepOf(t, broken); strings.Contains(said, "finished, but") {
			t.Errorf("%s: swept again:\n%s", what, said)
		}
		same(t, what, want, outcome(t, childOptions{Options: broken}))
	}
}
