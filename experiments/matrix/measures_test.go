package matrix

import (
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate/measures"
)

// withMeasures is the small matrix with a setting in profile smoke and another in its table of STARE.
func withMeasures(profile, stare string) string {
	text := strings.Replace(small, "folds = 2\n", "folds = 2\n"+profile+"\n", 1)
	return strings.Replace(text, "patch = 16\n", "patch = 16\n"+stare+"\n", 1)
}

// smokeRuns are the runs of profile smoke by dataset.
func smokeRuns(t *testing.T, text string) map[string]Run {
	t.Helper()
	f := parse(t, text)
	p, err := f.Profile("smoke")
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Expand(p, map[string]Source{"DRIVE": {Folds: 1}, "STARE": {Folds: 1}}, "cpu", 1)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]Run{}
	for _, r := range all {
		runs[r.Dataset.Name] = r
	}
	return runs
}

func TestMeasuresOfADatasetReplaceThoseOfTheProfile(t *testing.T) {
	runs := smokeRuns(t, withMeasures(`measures = ["hausdorff95", "cldice"]`, `measures = ["cldice"]`))
	for dataset, want := range map[string][]*measures.Measure{
		"DRIVE": {measures.Hausdorff95, measures.CentrelineDice},
		"STARE": {measures.CentrelineDice},
	} {
		if got := runs[dataset].Training.Evaluation().Extra; !slices.Equal(got, want) {
			t.Errorf("%s is measured with %+v, want %+v", dataset, got, want)
		}
	}
}

func TestMeasuresAreOfARunsIdentityOnlyWhereAskedFor(t *testing.T) {
	id := func(profile, stare string) string {
		id, err := smokeRuns(t, withMeasures(profile, stare))["STARE"].ID()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	without := id("", "")
	if got := id(`measures = ["cldice"]`, "measures = []"); got != without {
		t.Errorf("an empty list makes another run: %s, without it %s", got, without)
	}
	one, other := id(`measures = ["cldice", "hausdorff95"]`, ""), id(`measures = ["hausdorff95", "cldice"]`, "")
	if one != other || one == without {
		t.Errorf("runs %s and %s of one list in two orders, %s without it", one, other, without)
	}
}

func TestMistakesInMeasuresAreNamed(t *testing.T) {
	var requested []string
	for _, m := range measures.All() {
		if m.OnRequest {
			requested = append(requested, m.ID)
		}
	}
	for setting, want := range map[string]string{
		`measures = ["hausdorf95"]`:       `profile smoke: measures: "hausdorf95": must be among ` + strings.Join(requested, ", ") + `; did you mean "hausdorff95"?`,
		`measures = ["cldice", "cldice"]`: `profile smoke: measures: "cldice" occurs twice`,
		`measures = "cldice"`:             `measures: must be a list, and is text in quotes`,
	} {
		_, err := Parse("m.toml", withMeasures(setting, ""))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "m.toml:50:") {
			t.Errorf("%s: got %v; want %s at line 50", setting, err, want)
		}
	}
}
