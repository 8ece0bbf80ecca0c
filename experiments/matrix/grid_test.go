package matrix

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// grid is small with lists in a profile and in its table of a dataset.
const grid = small + `
[profile.grid]
epochs = 2
batch = 4
learning-rate = [1e-3, 0.0001]
optimizer = ["adam", "sgd"]

[profile.grid.dataset.STARE]
learning-rate = 3e-3
loss = ["bce", "0.5*bce + dice", "focal(gamma=3)"]
`

// TestListIsAGrid: each combination is a run of its own name, trained by its values.
func TestListIsAGrid(t *testing.T) {
	runs := expand(t, grid, "grid")
	points, labels := map[string][]string{}, map[string]bool{}
	for _, r := range runs {
		labels[r.Label()] = true
		if r.Architecture.Name != "U-Net" || r.Fold > 0 {
			continue
		}
		text, _ := json.Marshal([]any{r.Training.LearningRate, r.Training.Optimizer, r.Training.Loss})
		points[r.Dataset.Name] = append(points[r.Dataset.Name], strings.Split(r.Title(), "U-Net, ")[1]+" "+string(text))
	}
	if len(labels) != len(runs) {
		t.Errorf("%d runs have %d names", len(runs), len(labels))
	}
	for dataset, want := range map[string][]string{
		"DRIVE": {
			`learning-rate 0.001, optimizer adam [0.001,"","bce"]`, `learning-rate 0.001, optimizer sgd [0.001,"sgd","bce"]`,
			`learning-rate 0.0001, optimizer adam [0.0001,"","bce"]`, `learning-rate 0.0001, optimizer sgd [0.0001,"sgd","bce"]`,
		},
		"STARE": {
			`optimizer adam, loss bce [0.003,"","bce"]`, `optimizer adam, loss 0.5*bce+dice [0.003,"","0.5*bce+dice"]`,
			`optimizer adam, loss focal(gamma=3) [0.003,"","focal(gamma=3)"]`, `optimizer sgd, loss bce [0.003,"sgd","bce"]`,
			`optimizer sgd, loss 0.5*bce+dice [0.003,"sgd","0.5*bce+dice"]`, `optimizer sgd, loss focal(gamma=3) [0.003,"sgd","focal(gamma=3)"]`,
		},
	} {
		got := slices.Compact(points[dataset])
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", dataset, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestPointOfAGridIsTheRunOfItsSettings: it is trained as a run without a grid, and more values rename no run.
func TestPointOfAGridIsTheRunOfItsSettings(t *testing.T) {
	ids := func(runs []Run) (all []string) {
		for _, r := range runs {
			id, err := r.ID()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, id)
		}
		return all
	}
	few, more := ids(expand(t, grid, "grid")), ids(expand(t, strings.Replace(grid, "0.0001]", "0.0001, 1e-5]", 1),
		"grid"))
	if len(more) <= len(few) {
		t.Errorf("%d runs, %d with another value", len(few), len(more))
	}
	for _, id := range few {
		if !slices.Contains(more, id) {
			t.Errorf("%s has another ID once the grid has more values", id)
		}
	}
	plain := strings.NewReplacer("[1e-3, 0.0001]", "0.0001", `["adam", "sgd"]`, `"sgd"`,
		`["bce", "0.5*bce + dice", "focal(gamma=3)"]`, `"bce"`).Replace(grid)
	single, points := expand(t, plain, "grid"), expand(t, grid, "grid")
	for _, r := range single {
		alike := func(p Run) bool { return p.Trained().Diff(r.Trained()) == "" }
		if n := len(slices.DeleteFunc(slices.Clone(points), func(p Run) bool { return !alike(p) })); n != 1 {
			t.Errorf("%s is trained as %d points of the grid", r.Title(), n)
		}
	}
}

func TestSelectionPicksPointsOfAGrid(t *testing.T) {
	runs := expand(t, grid, "grid")
	for text, want := range map[string]int{
		"learning-rate=1e-4": 2, "learning-rate=0.001|1E-4": 4, "optimizer=SGD": 5, "optimizer=adam,dataset=STARE": 3,
		"loss=focal(gamma=3),dataset=STARE": 2, "loss=0.5*bce + dice": 2, "batch=4": 10, "loss=focal(gamma=2, alpha=1)": 0,
	} {
		s, err := ParseSelection(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		names := map[string]bool{}
		for _, r := range runs {
			if s.Match(r) && r.Architecture.Name == "U-Net" && r.Fold == 0 {
				names[r.Title()] = true
			}
		}
		if len(names) != want {
			t.Errorf("%s selects %d points; want %d: %v", text, len(names), want, sortedKeys(names))
		}
	}
}

// TestImpossibleGridsAreRefused: with file, line and key.
func TestImpossibleGridsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"empty":               {"[1e-3, 0.0001]", "[]", "learning-rate = []: a list needs at least one value"},
		"twice":               {"[1e-3, 0.0001]", "[1e-3, 0.001]", "learning-rate: 0.001 occurs twice"},
		"twice in words":      {`"bce", "0.5*bce + dice"`, `"bce+dice", "bce + dice"`, "loss: bce+dice occurs twice"},
		"a word for a number": {"[1e-3, 0.0001]", `[1e-3, "x"]`, "learning-rate: its list has x, which is not a number"},
		"lists in lists":      {"[1e-3, 0.0001]", "[[1e-3], [0.0001]]", "learning-rate: its list has [0.001], which is not a number"},
		"impossible value":    {"[1e-3, 0.0001]", "[1e-3, 7]", "learning-rate = 7: must be above 0 and at most 1"},
		"unknown loss":        {`"bce", "0.5`, `"bec", "0.5`, `loss = `},
		"of the test":         {"batch = 4\nlearning", "batch = 4\nstride = [8, 16]\nlearning", "stride: a list makes a grid, and only settings of training can have one"},
		"of the profile":      {"batch = 4\nlearning", "batch = 4\nfolds = [1, 2]\nlearning", "folds: a list makes a grid"},
		"of the data":         {"learning-rate = 3e-3\n", "learning-rate = 3e-3\npatch = [16, 32]\n", "patch: a list makes a grid"},
		"too many":            {"[1e-3, 0.0001]", "[" + many(101, "0.0%03d") + "]\ninitial-gain = [" + many(101, "0.0%03d") + "]", "more than 10000 combinations"},
		"too many, in all": {
			"batch = 4\nlearning-rate = [1e-3, 0.0001]",
			"batch = [" + many(70, "%d") + "]\nlearning-rate = [" + many(70, "0.0%03d") + "]",
			"profile grid, dataset STARE: ",
		},
	} {
		text := strings.Replace(grid, c.old, c.new, 1)
		_, err := Parse("m.toml", text)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "m.toml:") {
			t.Errorf("%s: got %v; want m.toml:LINE … %s", name, err, c.want)
		}
	}
}

// many lists n different numbers.
func many(n int, format string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i+1))
	}
	return strings.Join(all, ", ")
}

// TestGridKeys: settings of testing are left out without being listed.
func TestGridKeys(t *testing.T) {
	for _, key := range []string{"learning-rate", "loss", "epochs", "warmup", "samples"} {
		if !slices.Contains(gridKeys, key) {
			t.Errorf("%s may not have a list", key)
		}
	}
	for _, key := range []string{"test", "stride", "assess", "test-images", "measures", "folds", "patch"} {
		if slices.Contains(gridKeys, key) {
			t.Errorf("%s may have a list", key)
		}
	}
}
