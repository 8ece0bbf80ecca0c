package experiments

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
	"r2unet/internal/durable/faults"
)

// searched is onTest for one network with a search that stops some of its trials, and in which one diverges.
var searched = strings.NewReplacer(
	"learning-rate = 1e-3\n", "", "epochs = 2", "epochs = 3",
	"name = \"all\"", "name = \"all\"\narchitectures = [\"U-Net\"]",
).Replace(onTest) + `
[profile.two.search]
trials = 9
method = "tpe(startup=4)"
measure = "loss"
pruning = "median(trials=3, epochs=1)"

[profile.two.search.space]
learning-rate = {low = 1e-4, high = 1e-1, log = true}
optimizer = ["adam", "sgd"]
augment.rotate = {low = 0, high = 90}
`

// searchOf reads the only search of a sweep.
func searchOf(t *testing.T, o Options) record.Search {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(o.Out, "two", record.SearchFile))
	if err != nil {
		t.Fatal(err)
	}
	var all []record.Search
	if err := json.Unmarshal(content, &all); err != nil || len(all) != 1 {
		t.Fatalf("%v\n%s", err, content)
	}
	return all[0]
}

// TestSearchTriesItsTrialsOnValidationImages: each is a run in a folder of its own that is measured on validation
// images alone; the table, the figure, the report and the console have them, and the best point can be pasted.
func TestSearchTriesItsTrialsOnValidationImages(t *testing.T) {
	long(t)
	o := inProcess(t, searched)
	said := sweepOf(t, o)
	s := searchOf(t, o)
	folder := filepath.Join(o.Out, "two")
	runs, err := filepath.Glob(filepath.Join(folder, record.RunsFolder, "*"))
	if err != nil || len(runs) != 9 || len(s.Trials) != 9 {
		t.Fatalf("%d runs, %d trials: %v", len(runs), len(s.Trials), err)
	}
	stopped := 0
	for _, trial := range s.Trials {
		r, err := ReadRecord(filepath.Join(folder, record.RunsFolder, trial.Run))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.Tested, r.Split.Validation) || len(r.Tested) == 0 || r.Result.Status != evaluate.Finished {
			t.Errorf("%s: %s, measured on %v", trial.Run, r.Result.Status, r.Tested)
		}
		if n := strings.Count(read(t, filepath.Join(folder, record.RunsFolder, trial.Run, record.HistoryFile)),
			"\n") - 1; n != trial.Epochs {
			t.Errorf("%s: %d epochs in its history, %d in the search", trial.Run, n, trial.Epochs)
		}
		if trial.State == record.TrialStopped {
			stopped++
			if trial.Epochs >= 3 || r.StoppedEpoch != trial.Epochs ||
				!strings.Contains(r.Result.Note, "stopped by its search after epoch") {
				t.Errorf("%s: stopped after %d epochs (%d): %s", trial.Run, trial.Epochs, r.StoppedEpoch, r.Result.Note)
			}
		}
	}
	if stopped == 0 || stopped > 6 {
		t.Errorf("%d of 9 trials were stopped early", stopped)
	}
	tables := filepath.Join(folder, record.TablesFolder)
	best := read(t, filepath.Join(tables, "search-drive-phantom-u-net.toml"))
	if !strings.Contains(said, best) || !strings.Contains(best, "\nlearning-rate = ") ||
		!strings.Contains(best, "\naugment.rotate = ") {
		t.Errorf("the best point is\n%s\nand the console says\n%s", best, said)
	}
	if csv := read(t, filepath.Join(tables, "search-drive-phantom-u-net.csv")); strings.Count(csv, "\n") != 10 {
		t.Errorf("the table of trials:\n%s", csv)
	}
	if svg := read(t, filepath.Join(folder, record.FiguresFolder,
		"search-drive-phantom-u-net.svg")); !strings.Contains(svg, "learning-rate") {
		t.Error("the figure has no axis of learning rates")
	}
	if page := read(t, filepath.Join(folder, record.ReportFile)); !strings.Contains(page, `<section id="search">`) {
		t.Error("the report has no search")
	}
	if a, err := archive.Open(folder); err != nil || len(a.AllProblems()) > 0 {
		t.Errorf("trials that were stopped are damaged: %v, %q", err, a.AllProblems())
	}
	before := read(t, filepath.Join(tables, "search-drive-phantom-u-net.csv"))
	for line, change := range map[string]string{
		`method = "tpe(startup=4)"`: `method = "random"`, `measure = "loss"`: `measure = "f1"`,
		`pruning = "median(trials=3, epochs=1)"`: `pruning = "none"`, "high = 90": "high = 60",
	} {
		other := o
		rewrite(t, other, strings.Replace(searched, line, change, 1))
		for _, other.Plan = range []bool{true, false} {
			err := Sweep(t.Context(), other)
			key, _, _ := strings.Cut(change, " ")
			if key == "high" {
				key = "the space"
			}
			if ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "under other settings: "+key+" was") {
				t.Errorf("%s (plan %v): exit code %d, %v", change, other.Plan, ExitCode(err), err)
			}
		}
		if after := read(t, filepath.Join(tables, "search-drive-phantom-u-net.csv")); after != before {
			t.Errorf("%s: the finished search's table was written again:\n%s", change, after)
		}
	}
	// Without its record, the trials themselves show it.
	lost := inProcess(t, searched)
	must(t, os.CopyFS(filepath.Join(lost.Out, "two"), os.DirFS(folder)))
	must(t, os.Remove(filepath.Join(lost.Out, "two", record.SearchFile)))
	rewrite(t, lost, strings.Replace(searched, "epochs = 3", "epochs = 4", 1))
	err = Sweep(t.Context(), lost)
	if ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "under other settings") {
		t.Errorf("trials of fewer epochs: exit code %d, %v", ExitCode(err), err)
	}
	pasted := searched[:strings.Index(searched, "[profile.two.search]")] + best
	rewrite(t, o, pasted)
	o.Out, o.Plan = t.TempDir(), true
	sweepOf(t, o)
}

// TestSearchThatIsStoppedGoesOnTheSame: after any file operation; and with more trials, the first ones stay.
func TestSearchThatIsStoppedGoesOnTheSame(t *testing.T) {
	long(t)
	whole := inProcess(t, searched)
	counting := &faults.FS{}
	whole.fs = counting
	sweepOf(t, whole)
	want := outcome(t, childOptions{Options: whole})
	random := chance(t, 11)
	for range count(t, "SOAK_KILLS", 2) {
		o := soakOptions(t, searched)
		left := counting.Operations()
		for kills := 0; ; kills++ {
			o.KillAt = 0
			if kills < 4 && left > 20 {
				o.KillAt = 1 + random.IntN(left)
			}
			left -= o.KillAt
			out, err := child(t, o).CombinedOutput()
			switch {
			case err != nil && o.KillAt == 0:
				t.Fatalf("%v\n%s", err, out)
			case err == nil && kills == 0:
				t.Fatal("the search was not killed")
			}
			if err == nil {
				break
			}
		}
		same(t, "a search that was killed", want, outcome(t, o))
	}
	before := searchOf(t, whole)
	rewrite(t, whole, strings.Replace(searched, "trials = 9", "trials = 11", 1))
	whole.fs = nil
	said := sweepOf(t, whole)
	after := searchOf(t, whole)
	if strings.Count(said, "finished before") != 9 || len(after.Trials) != 11 {
		t.Errorf("%d trials; the console says\n%s", len(after.Trials), said)
	}
	first, _ := json.Marshal(before.Trials)
	again, _ := json.Marshal(after.Trials[:9])
	if string(first) != string(again) {
		t.Errorf("the first trials were\n%s\nand are\n%s", first, again)
	}
}

// TestTrialThatDivergesIsTheWorst: it ends the trial, and neither the search nor, by its exit code, the sweep; it is
// not trained again.
func TestTrialThatDivergesIsTheWorst(t *testing.T) {
	long(t)
	text := strings.NewReplacer(
		"optimizer = [\"adam\", \"sgd\"]\n", "initial-gain = [0.41, 10]\n", "norm = \"batch\"", "",
		"high = 1e-1, log = true", "high = 1, log = true",
		"channels = [2, 4]", "channels = [2, 4, 8, 16]\nnorm = \"none\"",
	).Replace(searched)
	text = strings.Replace(text, "batch = 4\n", "batch = 4\noptimizer = \"sgd(momentum=0.99)\"\n", 1)
	o := inProcess(t, text)
	sweepOf(t, o)
	s := searchOf(t, o)
	var diverged []string
	for _, trial := range s.Trials {
		if trial.State == record.TrialDiverged {
			diverged = append(diverged, trial.Run)
			if trial.Value != nil {
				t.Errorf("trial %d diverged and has the value %g", trial.Number, *trial.Value)
			}
		}
	}
	if len(diverged) == 0 || len(diverged) == len(s.Trials) {
		t.Fatalf("%d of %d trials diverged", len(diverged), len(s.Trials))
	}
	table := read(t, filepath.Join(o.Out, "two", record.TablesFolder, "search-drive-phantom-u-net.csv"))
	if lines := strings.Split(strings.TrimSpace(table), "\n"); !strings.HasSuffix(lines[len(lines)-1], ",diverged") {
		t.Errorf("the last row is not a trial that diverged:\n%s", table)
	}
	written := func(id string) time.Time {
		info, err := os.Stat(filepath.Join(o.Out, "two", record.RunsFolder, id, record.RunFile))
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	before := written(diverged[0])
	sweepOf(t, o)
	if after := written(diverged[0]); !after.Equal(before) {
		t.Error("it was trained again")
	}
}

// TestSearchRefusesBeforeAnythingIsComputed what its data or the command line do not go with, by -plan in the same
// words; and -plan says how many trials there are.
func TestSearchRefusesBeforeAnythingIsComputed(t *testing.T) {
	for name, c := range map[string]struct{ old, new, only, want string }{
		"no validation images":  {"validation = \"images\"\n", "", "", `assess = "validation": only patches`},
		"corner of the space":   {"augment.rotate = {low = 0, high = 90}", "accumulate = [1, 50]", "", `two.toml:\d+: .*accumulate = 50: an epoch has 2 batches`},
		"selection by a key":    {"trials = 9", "trials = 9", "learning-rate=1e-3", "-only: learning-rate is searched for by profile two"},
		"what nobody may do":    {"trials = 9", "trials = 9\nassess = \"test\"", "", `unknown key "profile.two.search.assess"`},
		"test images, in words": {"test-images = 1", "assess = \"test\"", "", `assess = "test": a search looks at validation images alone`},
	} {
		o := inProcess(t, strings.Replace(searched, c.old, c.new, 1))
		o.Only = c.only
		for _, o.Plan = range []bool{true, false} {
			err := Sweep(t.Context(), o)
			var input *InputError
			if !errors.As(err, &input) || !regexp.MustCompile(c.want).MatchString(err.Error()) {
				t.Errorf("%s (plan %v): got %v; want %s", name, o.Plan, err, c.want)
			}
		}
		if _, err := os.Stat(filepath.Join(o.Out, "two")); err == nil {
			t.Errorf("%s: there is a results folder", name)
		}
	}
	o := inProcess(t, searched)
	o.Plan = true
	if said := sweepOf(t, o); !strings.Contains(said, "drive-phantom-u-net, 9 trials") ||
		!strings.Contains(said, "9 trials, at most") {
		t.Errorf("the plan says\n%s", said)
	}
}
