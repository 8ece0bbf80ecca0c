package experiments

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// splitsOf plans a matrix and gives the splits of its runs by seed, and what the plan says.
func splitsOf(t *testing.T, text string) (map[uint64]datasets.Split, string) {
	t.Helper()
	o := inProcess(t, text)
	s, jobs, _, err := begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.session.device.Close()
	splits := map[uint64]datasets.Split{}
	for _, j := range jobs {
		splits[j.run.Seed] = j.fold.Split
	}
	o.Plan = true
	return splits, sweepOf(t, o)
}

// TestSplitSeedGivesAllSeedsOneSplit: without it each seed has a split of its own, as ever, and -plan tells which it
// is.
func TestSplitSeedGivesAllSeedsOneSplit(t *testing.T) {
	seeds := strings.NewReplacer("seeds = [1]", "seeds = [1, 2, 3]", "phantom-images = 4",
		"phantom-images = 8\nsplit = \"kfold\"\nfolds = 2").Replace(sound)
	apart, said := splitsOf(t, seeds)
	if reflect.DeepEqual(apart[1], apart[2]) || !strings.Contains(said,
		"STARE: seeds 1 and 2 have different splits; split-seed = 1") {
		t.Errorf("splits %v; the plan says\n%s", apart, said)
	}
	one, said := splitsOf(t, strings.Replace(seeds, "folds = 2", "folds = 2\nsplit-seed = 2", 1))
	if len(one) != 3 || !strings.Contains(said, "STARE: one split for all seeds, drawn from split-seed 2") {
		t.Errorf("the plan says\n%s", said)
	}
	for seed, split := range one {
		if !reflect.DeepEqual(split, apart[2]) {
			t.Errorf("seed %d: %v; want that of seed 2, %v", seed, split, apart[2])
		}
	}
}

// TestPlanSaysWhatIsFinished: a finished run takes no more time.
func TestPlanSaysWhatIsFinished(t *testing.T) {
	o := inProcess(t, strings.Replace(sound, "seeds = [1]", "seeds = [1, 2]", 1))
	o.Plan = true
	if said := sweepOf(t, o); strings.Contains(said, "finished") {
		t.Errorf("nothing was run, and the plan says\n%s", said)
	}
	o.Plan, o.Only = false, "seed=1"
	sweepOf(t, o)
	o.Plan, o.Only = true, ""
	if said := sweepOf(t, o); strings.Count(said, " finished │") != 1 ||
		!strings.Contains(said, "1 of 2 runs finished in ") {
		t.Errorf("the plan says\n%s", said)
	}
}

// TestFinishedRunsTakeNoMoreTime: of a plan of hours, all of whose runs are finished, nothing is left.
func TestFinishedRunsTakeNoMoreTime(t *testing.T) {
	o := inProcess(t, strings.Replace(sound, "epochs = 2", "epochs = 8000000", 1))
	s, jobs, _, err := begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.session.device.Close()
	o.Plan = true
	if said := sweepOf(t, o); strings.Contains(said, " 0s │") {
		t.Errorf("the plan says\n%s", said)
	}
	for _, j := range jobs {
		dir := filepath.Join(o.Out, o.Profile, record.RunsFolder, j.id)
		must(t, os.MkdirAll(dir, 0o755))
		finished := evaluate.Result{RunID: j.id, Status: evaluate.Finished}
		must(t, Record{Config: j.run, Result: finished}.save(durable.OS, dir))
	}
	if said := sweepOf(t, o); !strings.Contains(said, " 0s │") {
		t.Errorf("the plan says\n%s", said)
	}
}

// TestComputeBudgetGivesNetworksEqualOperations: the epochs of each network are those that come closest to the budget,
// and a run with them has the name of one whose file has these epochs.
func TestComputeBudgetGivesNetworksEqualOperations(t *testing.T) {
	const other = "[[architecture]]\nname = \"wide\"\nblock = \"recurrent\"\nt = 2\nchannels = [4, 8]\n\n" + sound
	jobsOf := func(text string) []*job {
		t.Helper()
		s, jobs, _, err := begin(t.Context(), inProcess(t, text))
		if err != nil {
			t.Fatal(err)
		}
		_ = s.session.device.Close()
		return jobs
	}
	const budget = 1e-3 // TFLOP
	jobs := jobsOf(strings.Replace(other, "epochs = 2", "compute-budget = 1e-3", 1))
	if len(jobs) != 2 || jobs[0].run.Training.Epochs >= jobs[1].run.Training.Epochs {
		t.Fatalf("%d runs of %d and %d epochs", len(jobs), jobs[0].run.Training.Epochs, jobs[1].run.Training.Epochs)
	}
	for _, j := range jobs {
		epoch, epochs := j.cost.train*float64(j.cost.trained), float64(j.run.Training.Epochs)
		if off := math.Abs(epochs*epoch - budget*1e12); off > epoch/2 {
			t.Errorf("%s: %g epochs of %g FLOP miss the budget by %g", j.id, epochs, epoch, off)
		}
		plain := jobsOf(strings.Replace(other, "epochs = 2", fmt.Sprintf("epochs = %g", epochs), 1))
		if !slices.ContainsFunc(plain, func(p *job) bool { return p.id == j.id }) {
			t.Errorf("no run of %g epochs is called %s", epochs, j.id)
		}
	}
	jobs = jobsOf(strings.Replace(other, "epochs = 2", "compute-budget = 1e-12", 1))
	if n := jobs[0].run.Training.Epochs; n != 1 {
		t.Errorf("%d epochs of a budget of nothing", n)
	}
}

// TestPlanWarnsOfData: as a sweep does.
func TestPlanWarnsOfData(t *testing.T) {
	o := inProcess(t, tiny)
	o.Data = drawn(t)
	labels, err := filepath.Glob(filepath.Join(o.Data, "DRIVE", "test", "1st_manual", "*"))
	if err != nil || len(labels) < 2 {
		t.Fatalf("%v, %v", labels, err)
	}
	if err := os.Remove(labels[0]); err != nil {
		t.Fatal(err)
	}
	o.Plan = true
	if said := sweepOf(t, o); strings.Count(said, "warning: DRIVE: ") == 0 {
		t.Errorf("the plan says\n%s", said)
	}
}

func TestConditionsThatExcludeEachOtherAreSaid(t *testing.T) {
	o := inProcess(t, strings.Replace(sound, "[[experiment]]",
		"[[dataset]]\nname = \"DRIVE\"\npatch = 16\npatches = 8\nvalidation-patches = 4\n[[experiment]]", 1))
	o.Only = "dataset=STARE,dataset=DRIVE"
	if err := Sweep(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "no run meets all conditions at once") {
		t.Errorf("got %v", err)
	}
}
