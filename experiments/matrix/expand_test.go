package matrix

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var sources = map[string]Source{"DRIVE": {Phantom: true, Folds: 1}, "STARE": {Folds: 20}}

func expand(t *testing.T, text, profile string) []Run {
	t.Helper()
	f := parse(t, text)
	p, err := f.Profile(profile)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := f.Expand(p, sources, "cpu", 1)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func labels(runs []Run) []string {
	var all []string
	for _, r := range runs {
		all = append(all, r.Label())
	}
	return all
}

func TestEveryArchitectureMeetsEveryDatasetAndFold(t *testing.T) {
	want := []string{
		"drive-phantom-u-net", "drive-phantom-r2u-net-t2-shared", "drive-phantom-r2u-net-t3-shared",
		"stare-u-net", "stare-r2u-net-t2-shared", "stare-r2u-net-t3-shared",
		"stare-u-net-fold1", "stare-r2u-net-t2-shared-fold1", "stare-r2u-net-t3-shared-fold1",
	}
	if diff := cmp.Diff(want, labels(expand(t, small, "smoke"))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestExceptLeavesNetworksOut(t *testing.T) {
	text := strings.Replace(small, "name = \"all\"\n", "name = \"all\"\nexcept = [\"R2U-Net t=3\"]\n", 1)
	want := []string{
		"drive-phantom-u-net", "drive-phantom-r2u-net-t2-shared",
		"stare-u-net", "stare-r2u-net-t2-shared", "stare-u-net-fold1", "stare-r2u-net-t2-shared-fold1",
	}
	if diff := cmp.Diff(want, labels(expand(t, text, "smoke"))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestSeedsMultiplyRuns(t *testing.T) {
	want := []string{"drive-phantom-r2u-net-t2-shared", "drive-phantom-r2u-net-t2-shared-seed7"}
	if diff := cmp.Diff(want, labels(expand(t, small, "seeds"))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestProfileSettingsOfADatasetHoldForItAlone(t *testing.T) {
	for _, r := range expand(t, small, "smoke") {
		patch, batch := 48, 2
		if r.Dataset.Name == "STARE" {
			patch, batch = 16, 8
		}
		if r.Dataset.Patch != patch || r.Training.Batch != batch || r.Training.Epochs != 1 {
			t.Errorf("%s: patch %d, batch %d, epochs %d", r.Title(), r.Dataset.Patch, r.Training.Batch,
				r.Training.Epochs)
		}
	}
}

func TestRunWantedTwiceIsListedOnce(t *testing.T) {
	both := strings.Replace(small, `experiments = ["all"]`, `experiments = ["all", "one"]`, 1)
	if once, twice := len(expand(t, small, "smoke")), len(expand(t, both, "smoke")); twice != once+1 {
		t.Errorf("%d runs became %d; only the one with seed 7 is new", once, twice)
	}
}

func TestIDIsReadableAndAFunctionOfTheConfiguration(t *testing.T) {
	runs := expand(t, small, "smoke")
	id, err := runs[1].ID()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^drive-phantom-r2u-net-t2-shared-[0-9a-f]{8}$`).MatchString(id) {
		t.Errorf("id %q", id)
	}
	if again, _ := expand(t, small, "smoke")[1].ID(); again != id {
		t.Errorf("%q became %q", id, again)
	}
	changed := runs[1]
	changed.Training.LearningRate *= 2
	if other, _ := changed.ID(); other == id {
		t.Error("another learning rate has the same id")
	}
}

func TestIDsDoNotDependOnTheOrderOfTheFile(t *testing.T) {
	i, j := strings.Index(small, "[[dataset]]"), strings.Index(small, "[[architecture]]\nname = \"R2U-Net\"")
	reordered := small[j:i] + small[:j] + small[i:]
	ids := map[string]bool{}
	for _, text := range []string{small, reordered} {
		for _, r := range expand(t, text, "smoke") {
			id, _ := r.ID()
			ids[id] = true
		}
	}
	if len(ids) != 9 {
		t.Errorf("%d different ids; want 9", len(ids))
	}
}

func TestSelection(t *testing.T) {
	runs := expand(t, small, "smoke")
	for text, want := range map[string]int{
		"":                                9,
		"dataset=DRIVE":                   3,
		"dataset=drive,arch=r2u-net":      2,
		"dataset=DRIVE,arch=R2U-Net,t=2":  1,
		"arch=U-Net|R2U-Net, fold=1":      3,
		"dataset=STARE|DRIVE,t=3,seed=1":  3,
		"block=forward,weights=,t=0":      -1,
		"dataset=CHASE":                   -1,
		"datset=DRIVE":                    -1,
		"dataset":                         -1,
		"arch=R2U-Net,t=2,weights=shared": 3,
		"arch=R2U-Net t=2":                3,
		"arch=r2u-net  T=2 shared|U-Net":  6,
		"arch=R2U-Net t=4":                -1,
		"skip=plain,style=unet,t=2":       3,
		"skip=attention":                  -1,
	} {
		s, err := ParseSelection(text)
		if err == nil {
			err = s.Check(runs)
		}
		if want < 0 {
			if err == nil {
				t.Errorf("%q was taken", text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		got := 0
		for _, r := range runs {
			if s.Match(r) {
				got++
			}
		}
		if got != want {
			t.Errorf("%q selects %d runs; want %d", text, got, want)
		}
	}
}

func TestSelectionErrorsSayWhatThereIs(t *testing.T) {
	if _, err := ParseSelection("datset=DRIVE"); err == nil ||
		!strings.Contains(err.Error(), `did you mean "dataset"?`) {
		t.Errorf("got %v", err)
	}
	for _, key := range []string{"architecture", "name", "experiment", "Network"} {
		_, err := ParseSelection(key + "=R2U-Net")
		if err == nil || !strings.Contains(err.Error(), `did you mean "arch"? The keys are `) {
			t.Errorf("%s: got %v", key, err)
		}
	}
	s, err := ParseSelection("dataset=CHASE")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(expand(t, small, "smoke")); err == nil ||
		!strings.Contains(err.Error(), "there are DRIVE, STARE") {
		t.Errorf("got %v", err)
	}
}
