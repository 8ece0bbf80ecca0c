package experiments

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"r2unet/evaluate/record"
	"r2unet/experiments/training"
	"r2unet/internal/checkpoint"
	"r2unet/internal/durable/faults"
)

// rewrite replaces the matrix of a sweep.
func rewrite(t *testing.T, o Options, text string) {
	t.Helper()
	if err := os.WriteFile(o.Config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sweepOf runs a sweep in this process to its end and gives what it said.
func sweepOf(t *testing.T, o Options) string {
	t.Helper()
	var out strings.Builder
	o.Stdout = &out
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// otherTest is tiny with every setting that only the test reads set otherwise.
var otherTest = strings.Replace(tiny, "test-images = 1",
	"test-images = 2\ntest = \"patches\"\nstride = 8\nmeasures = [\"cldice\"]\nthreshold = \"training\"\n"+
		"tta = \"flips\"\npost = \"min-size(4) + fill-holes\"", 1)

// TestChangedTestSettingsTestAnewWithoutTraining: what comes out is what a sweep under those settings from the
// beginning gives, also where the taking over is cut off at any file operation, and back again.
func TestChangedTestSettingsTestAnewWithoutTraining(t *testing.T) {
	long(t)
	first, second := inProcess(t, tiny), inProcess(t, otherTest)
	sweepOf(t, first)
	sweepOf(t, second)
	// without the pictures of the test images themselves, which all runs share
	ends := func(o Options) map[string][]byte {
		files := outcome(t, childOptions{Options: o})
		maps.DeleteFunc(files, func(path string, _ []byte) bool { return strings.HasPrefix(path, "samples") })
		return files
	}
	want := map[string]map[string][]byte{tiny: ends(first), otherTest: ends(second)}

	for i, text := range []string{otherTest, tiny, otherTest} {
		rewrite(t, first, text)
		for at := 1; at <= 12 && i == 0; at++ { // then the disk is in order
			broken := first
			broken.fs = &faults.FS{At: at, Err: syscall.EIO, Forever: true}
			if err := Sweep(t.Context(), broken); err == nil {
				t.Fatalf("operation %d: no error", at)
			}
		}
		said := sweepOf(t, first)
		if strings.Contains(said, "epoch") {
			t.Errorf("it was trained again:\n%s", said)
		}
		same(t, "tested anew", want[text], ends(first))
	}
	rewrite(t, first, tiny)
	if said := sweepOf(t, first); !strings.Contains(said, "it is tested anew") ||
		!strings.Contains(said, "training.stride: 0 now, 8 then") {
		t.Errorf("it does not say so:\n%s", said)
	}
}

// TestKeptCheckpointStatesThePresentTest: with keep = "all" a finished checkpoint stays, but what it says of the test,
// which segment takes as its defaults, is that of the new one.
func TestKeptCheckpointStatesThePresentTest(t *testing.T) {
	long(t)
	keep := strings.Replace(tiny, "test-images = 1", "test-images = 1\nkeep = \"all\"\nthreshold = \"training\"", 1)
	changed := strings.Replace(keep, "test-images = 1", "test-images = 1\npost = \"fill-holes\"\ntta = \"flips\"", 1)
	first, second := inProcess(t, keep), inProcess(t, changed)
	sweepOf(t, first)
	sweepOf(t, second)
	rewrite(t, first, changed)
	if said := sweepOf(t, first); strings.Contains(said, "epoch") || !strings.Contains(said, "it is tested anew") {
		t.Errorf("it was trained again:\n%s", said)
	}
	name := filepath.Join(firstRun(t, first), record.CheckpointFile)
	found, err := training.ReadTrained(name)
	if err != nil {
		t.Fatal(err)
	}
	if now := found.Config.Training; now.Post != "fill-holes" || now.TTA != "flips" {
		t.Errorf("the checkpoint states post = %q, tta = %q", now.Post, now.TTA)
	}
	if read(t, name) != read(t, filepath.Join(firstRun(t, second), record.CheckpointFile)) {
		t.Error("it is not the checkpoint of a sweep that tested so from the beginning")
	}
}

// TestTestIsNotRepeatedOnOtherData: the results that are there could not be had again.
func TestTestIsNotRepeatedOnOtherData(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	o.Data = drawn(t)
	sweepOf(t, o)
	want := outcome(t, childOptions{Options: o})
	changeLabels(t, o.Data)
	rewrite(t, o, otherTest)
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput ||
		!strings.Contains(err.Error(), "the files of dataset DRIVE have changed since") {
		t.Errorf("exit code %d, %v", ExitCode(err), err)
	}
	same(t, "refused", want, outcome(t, childOptions{Options: o}))
}

// TestRunThatFailedInItsTestIsNotTrainedAgain: it goes on with the test.
func TestRunThatFailedInItsTestIsNotTrainedAgain(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	curves := mkdir(t, firstRun(t, o), record.CurvesFile) // a folder where a file is to be written
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitFailed {
		t.Fatal(err)
	}
	if err := os.Remove(curves); err != nil {
		t.Fatal(err)
	}
	if said := sweepOf(t, o); strings.Contains(said, "epoch") || !strings.Contains(said, "AUC") {
		t.Errorf("it was trained again:\n%s", said)
	}
}

// checkpointsOf lists the names of tensors in the checkpoints of a run.
func checkpointsOf(t *testing.T, dir string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	paths, err := filepath.Glob(filepath.Join(dir, "checkpoint.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		f, err := checkpoint.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, tensor := range f.Tensors {
			all[filepath.Base(path)] = append(all[filepath.Base(path)], tensor.Name)
		}
	}
	return all
}

// TestFinishedRunKeepsWhatPredictionNeeds: unless all is to be kept; its name and its results are the same either way.
func TestFinishedRunKeepsWhatPredictionNeeds(t *testing.T) {
	long(t)
	outcomes := map[string]map[string][]byte{}
	for keep, want := range map[string]int{"": 1, "weights": 1, "all": 2} {
		text := tiny
		if keep != "" {
			text += fmt.Sprintf("keep = %q\n", keep)
		}
		o := inProcess(t, text)
		sweepOf(t, o)
		dir := firstRun(t, o)
		got := checkpointsOf(t, dir)
		moments := strings.Contains(strings.Join(got[record.CheckpointFile], " "), "adam.")
		if len(got) != want || moments != (keep == "all") {
			t.Errorf("keep = %q: %v", keep, got)
		}
		if _, err := training.ReadTrained(filepath.Join(dir, record.CheckpointFile)); err != nil {
			t.Errorf("keep = %q: %v", keep, err)
		}
		if said := sweepOf(t, o); strings.Count(said, "finished before") != 2 {
			t.Errorf("keep = %q: the second sweep says\n%s", keep, said)
		}
		outcomes[keep] = outcome(t, childOptions{Options: o})
		for path := range outcomes[keep] {
			if strings.HasPrefix(filepath.Base(path), "checkpoint.") {
				delete(outcomes[keep], path)
			}
		}
	}
	same(t, "keep", outcomes[""], outcomes["all"])
	same(t, "keep", outcomes[""], outcomes["weights"])
}

// TestBestEpochIsTestedAndSaid: the weights of the epoch with the smallest validation loss are those of a run that ends
// there.
func TestBestEpochIsTestedAndSaid(t *testing.T) {
	long(t)
	text := strings.Replace(selecting, "epochs = 3", "epochs = 4", 1)
	o := inProcess(t, text)
	sweepOf(t, o)
	dir := firstRun(t, o)
	found, err := ReadRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	best := found.Best.Epoch
	if best == 0 || best == 4 || found.TestedEpoch != best ||
		!strings.Contains(found.Result.Note, fmt.Sprintf("epoch %d of 4", best)) {
		t.Fatalf("best epoch %d, tested %d, note %q", best, found.TestedEpoch, found.Result.Note)
	}
	ended := inProcess(t, strings.Replace(strings.Replace(text, "epochs = 4", fmt.Sprintf("epochs = %d", best), 1),
		"select = \"loss\"", "select = \"last\"", 1))
	sweepOf(t, ended)
	there, err := ReadRecord(firstRun(t, ended))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(found.Result.Measures)
	b, _ := json.Marshal(there.Result.Measures)
	if string(a) != string(b) {
		t.Errorf("measured %s\na run that ends with epoch %d: %s", a, best, b)
	}
	mine, err := training.ReadTrained(filepath.Join(dir, record.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := training.ReadTrained(filepath.Join(firstRun(t, ended), record.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	a, _ = json.Marshal(mine.Tensors)
	b, _ = json.Marshal(theirs.Tensors)
	if string(a) != string(b) {
		t.Error("other weights are kept than those of the best epoch")
	}
}
