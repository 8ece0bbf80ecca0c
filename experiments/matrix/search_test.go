package matrix

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"r2unet/experiments/search"
	"r2unet/internal/setting"
	"r2unet/layers/optimizers"
)

// searching is small with a search, at line 60.
const searching = small + `
[profile.tune]
epochs = 4
batch = 4
experiments = ["one"]

[profile.tune.search]
trials = 6
measure = "dice"
seed = 3
pruning = "median(trials=2)"

[profile.tune.search.space]
learning-rate = {low = 1e-4, high = 1e-2, log = true}
optimizer = ["adam", "sgd(momentum = 0.5)"]
accumulate = {low = 1, high = 4}
augment.rotate = {low = 0, high = 90}
augment.flip = [true, false]
`

// TestSearchMakesOrdinaryRuns: a trial is trained and named as the point of a grid with its values.
func TestSearchMakesOrdinaryRuns(t *testing.T) {
	f := parse(t, searching)
	p, err := f.Profile("tune")
	if err != nil {
		t.Fatal(err)
	}
	runs := expand(t, searching, "tune")
	if len(runs) != 2 || len(runs[0].Point) != 0 {
		t.Fatalf("%d runs, the first %s", len(runs), runs[0].Title())
	}
	r, err := p.Search.Trial(runs[0], search.Point{0.002, 1, 3, 0, 45}, 5)
	if err != nil {
		t.Fatal(err)
	}
	want := "drive-phantom-r2u-net-t2-shared-learning-rate-0-002-optimizer-sgd-momentum-0-5-"
	if !strings.HasPrefix(r.Label(), want) {
		t.Errorf("label %s", r.Label())
	}
	title := "R2U-Net t=2 shared, learning-rate 0.002, optimizer sgd(momentum=0.5), accumulate 3, augment.flip true, " +
		"augment.rotate 45"
	if !strings.HasSuffix(r.Title(), title) {
		t.Errorf("title %s", r.Title())
	}
	if a := r.Dataset.Augment; !a.Flip || a.Rotate != 45 {
		t.Errorf("augmentation %+v", a)
	}
	if r.Training.LearningRate != 0.002 || r.Training.Optimizer != "sgd(momentum=0.5)" || r.Training.Accumulate != 3 {
		t.Errorf("training %+v", r.Training)
	}
	if r.Training.Assess != AssessValidation || r.Training.Select != "f1" {
		t.Errorf("measured on %q images, epoch by %q", r.Training.Assess, r.Training.Select)
	}
	if r.Search == nil || r.Search.Trial != 5 || r.Search.Pruning != "median(trials=2)" {
		t.Errorf("place in the search %+v", r.Search)
	}
}

// TestTrialsWithoutPruningAreThoseOfAGrid: to the identity.
func TestTrialsWithoutPruningAreThoseOfAGrid(t *testing.T) {
	space := `learning-rate = [1e-3, 1e-2]
loss = ["bce", "dice"]
`
	plain := searching[:strings.Index(searching, "learning-rate = {low")] + space
	plain = strings.Replace(plain, "pruning = \"median(trials=2)\"\n", "", 1)
	plain = strings.Replace(plain, "trials = 6", "trials = 4", 1)
	grid := plain[:strings.Index(plain, "[profile.tune.search]")] + "assess = \"validation\"\nselect = \"dice\"\n" +
		space
	p, err := parse(t, plain).Profile("tune")
	if err != nil {
		t.Fatal(err)
	}
	var ids, want []string
	for _, r := range expand(t, plain, "tune") {
		for _, corner := range p.Search.Corners(99) {
			trial, err := p.Search.Trial(r, corner, 1)
			if err != nil {
				t.Fatal(err)
			}
			id, _ := trial.ID()
			ids = append(ids, id)
		}
	}
	for _, r := range expand(t, grid, "tune") {
		id, _ := r.ID()
		want = append(want, id)
	}
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) || len(ids) != 8 {
		t.Errorf("trials\n%s\npoints\n%s", strings.Join(ids, "\n"), strings.Join(want, "\n"))
	}
}

// TestCornersAreAllOrOfTwoKeys: each once.
func TestCornersAreAllOrOfTwoKeys(t *testing.T) {
	p, err := parse(t, searching).Profile("tune")
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]int{32: 32, 31: 1 + 5 + 10} { // five keys with two ends each
		seen := map[string]bool{}
		for _, corner := range p.Search.Corners(limit) {
			seen[fmt.Sprint(corner)] = true
		}
		if n := len(p.Search.Corners(limit)); n != want || len(seen) != want {
			t.Errorf("limit %d: %d corners, %d different ones; want %d", limit, n, len(seen), want)
		}
	}
}

// TestImpossibleSearchesAreRefused: with file, line and key.
func TestImpossibleSearchesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"a compute budget":      {"epochs = 4\n", "compute-budget = 2\n", `profile.tune: compute-budget = 2: the trials of a search all have the same epochs`},
		"test images":           {"epochs = 4\n", "epochs = 4\nassess = \"test\"\n", `profile.tune: assess = "test": a search looks at validation images alone`},
		"test images of a set":  {"[profile.tune.search]", "[profile.tune.dataset.DRIVE]\nassess = \"test\"\n[profile.tune.search]", `profile.tune.dataset.DRIVE: assess = "test"`},
		"another epoch":         {"epochs = 4\n", "epochs = 4\nselect = \"loss\"\n", `select = "loss": a search by f1 selects the epoch by it`},
		"grid":                  {"batch = 4\nexp", "batch = [4, 8]\nexp", `batch: a list makes a grid, and this profile has a search: move it to \[profile.tune.search.space\]`},
		"set twice":             {"epochs = 4\n", "epochs = 4\nlearning-rate = 1e-3\n", `profile.tune: learning-rate: is searched for`},
		"set for a dataset":     {"[profile.tune.search]", "[profile.tune.dataset.DRIVE]\noptimizer = \"sgd\"\n[profile.tune.search]", `profile.tune.dataset.DRIVE: optimizer: is searched for`},
		"augmentation twice":    {"[profile.tune.search]", "[profile.tune.augment]\nrotate = 10\n[profile.tune.search]", `profile.tune: augment.rotate: is searched for`},
		"augmentation of a set": {"name = \"DRIVE\"\n", "name = \"DRIVE\"\naugment = {rotate = 10}\n", `dataset DRIVE: augment.rotate: is searched for`},
		"unknown key":           {"augment.rotate", "augment.rotat", `augment.rotat: no key that can be searched; did you mean "augment.rotate"\?`},
		"unknown table":         {"augment.rotate", "zzz.qqq", `zzz.qqq: no key that can be searched. There are epochs`},
		"key of the data":       {"augment.rotate", "patch", `patch: no key that can be searched`},
		"the epoch":             {"optimizer = [\"adam\", \"sgd(momentum = 0.5)\"]", "select = [\"dice\", \"loss\"]", `select: cannot be searched`},
		"budget in the space":   {"accumulate = {low = 1, high = 4}", "compute-budget = {low = 1e-4, high = 1e-3}", `compute-budget: cannot be searched: search epochs, or set them`},
		"range of text":         {"optimizer = [\"adam\", \"sgd(momentum = 0.5)\"]", "optimizer = {low = 1, high = 2}", `optimizer: has no range`},
		"range of yes and no":   {"flip = [true, false]", "flip = {low = 0, high = 1}", `augment.flip: has no range`},
		"one value":             {"flip = [true, false]", "flip = [true]", `augment.flip: its list has 1 values`},
		"wrong kind of value":   {"flip = [true, false]", "flip = [1, 0]", `augment.flip: 1 is not true or false`},
		"neither":               {"accumulate = {low = 1, high = 4}", "accumulate = 4", `accumulate = 4: expected a range such as`},
		"value twice":           {`"sgd(momentum = 0.5)"`, `"adam"`, `optimizer: adam occurs twice`},
		"no end":                {"{low = 0, high = 90}", "{low = 0}", `augment.rotate: a range needs high`},
		"upside down":           {"{low = 0, high = 90}", "{low = 90, high = 0}", `augment.rotate: low = 90 must be below high = 0`},
		"logarithm of zero":     {"{low = 0, high = 90}", "{low = 0, high = 90, log = true}", `augment.rotate: low = 0: must be above 0 where log = true`},
		"key of a range":        {"{low = 0, high = 90}", "{low = 0, hihg = 90}", `augment.rotate: a range has no key "hihg"`},
		"part of a step":        {"{low = 1, high = 4}", "{low = 1, high = 4.5}", `accumulate: 4.5 is not a whole number`},
		"beyond the limit":      {"{low = 0, high = 90}", "{low = 0, high = 200}", `augment.rotate = 200: must be from 0 to 180`},
		"impossible choice":     {"high = 1e-2", "high = 2", `learning-rate = 2: must be above 0 and at most 1`},
		"adamw without decay":   {`"adam", `, `"adamw", `, `optimizer = "adamw": differs from adam by its weight decay`},
		"no trials":             {"trials = 6", "trials = 0", `trials = 0: must be from 1 to 1000`},
		"unknown method":        {"trials = 6", "trials = 6\nmethod = \"tpee\"", `method = "tpee": unknown, expected one of random, tpe \(did you mean "tpe"\?\)`},
		"unknown pruning":       {"median(trials=2)", "medain", `pruning = "medain": unknown, expected median or none`},
		"unknown measure":       {`"dice"`, `"dise"`, `measure = "dise": must be one of loss, dice, ac`},
		"unknown setting":       {"seed = 3", "sead = 3", `unknown key "profile.tune.search.sead"; did you mean "seed"\?`},
		"negative seed":         {"seed = 3", "seed = -3", `seed = -3: must be at least 0`},
		"wrong type":            {"trials = 6", "trials = \"6\"", `trials: must be a whole number`},
	} {
		if !strings.Contains(searching, c.old) {
			t.Fatalf("%s: the matrix has no %q", name, c.old)
		}
		_, err := Parse("m.toml", strings.Replace(searching, c.old, c.new, 1))
		if err == nil || !regexp.MustCompile(`^m.toml:\d+: (.|\n)*`+c.want).MatchString(err.Error()) {
			t.Errorf("%s: got %v; want m.toml:LINE: … %s", name, err, c.want)
		}
	}
	line := fmt.Sprint(strings.Count(searching, "\n") + 1)
	for _, key := range []string{"foo.bar", "Foo_2", "compute-budget"} {
		_, err := Parse("m.toml", searching+key+" = {low = 1, high = 2}\n")
		if err == nil || !strings.HasPrefix(err.Error(), "m.toml:"+line+": profile tune, search: "+key+": ") {
			t.Errorf("%s: got %v; want line %s", key, err, line)
		}
	}
	few := searching[:strings.Index(searching, "learning-rate = {low")] +
		"batch = [2, 8]\naccumulate = {low = 1, high = 2}\n"
	few = strings.Replace(few, "batch = 4\nexp", "learning-rate = 1e-3\nexp", 1)
	if _, err := Parse("m.toml", few); err == nil ||
		!strings.Contains(err.Error(), "trials = 6: the space has 4 points") {
		t.Errorf("more trials than points: %v", err)
	}
}

func TestSearchedKeysCannotBeSelected(t *testing.T) {
	p, err := parse(t, searching).Profile("tune")
	if err != nil {
		t.Fatal(err)
	}
	for text, refused := range map[string]bool{"learning-rate=1e-3": true, "dataset=DRIVE,epochs=4": false} {
		s, err := ParseSelection(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CheckSelection(s); (err != nil) != refused {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// decoupled is an optimizer of somebody else whose decay is decoupled.
type decoupled struct{ optimizers.Optimizer }

func (decoupled) DecouplesDecay() {}

func init() {
	optimizers.Register("test-decoupled", func(setting.Setting) optimizers.Optimizer {
		_, sgd, _ := optimizers.Get("sgd")
		return decoupled{sgd}
	})
}

// TestOnlyAdamWNeedsDecay: other optimizers with decoupled decay differ from Adam without it.
func TestOnlyAdamWNeedsDecay(t *testing.T) {
	for name, refused := range map[string]bool{"test-decoupled": false, "adamw": true} {
		_, err := Parse("m.toml", strings.Replace(small, "folds = 2\n", "folds = 2\noptimizer = \""+name+"\"\n", 1))
		if (err != nil) != refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}
