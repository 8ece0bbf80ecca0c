package matrix

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a matrix with every kind of table, two architectures of one name among them.
const small = `[[architecture]]
name = "U-Net"
block = "forward"
channels = [4, 8]
norm = "batch"

[[architecture]]
name = "R2U-Net"
block = "recurrent-residual"
t = 2
weights = "shared"
channels = [4, 8]
norm = "batch"

[[architecture]]
name = "R2U-Net"
block = "recurrent-residual"
t = 3
weights = "shared"
channels = [4, 8]
norm = "batch"

[[dataset]]
name = "DRIVE"
input = "grey"
patch = 48
patches = 190000

[[dataset]]
name = "STARE"
input = "grey"
patch = 48
patches = 190000

[[experiment]]
name = "all"

[[experiment]]
name = "one"
architectures = ["R2U-Net t=2"]
datasets = ["DRIVE"]
seeds = [1, 7]

[profile.smoke]
experiments = ["all"]
epochs = 1
batch = 2
learning-rate = 2e-4
folds = 2

[profile.smoke.dataset.STARE]
patch = 16
batch = 8

[profile.seeds]
experiments = ["one"]
epochs = 1
batch = 2
learning-rate = 2e-4
`

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("m.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestMistypedNameOfATableIsReportedOnce(t *testing.T) {
	text := strings.ReplaceAll(small, "[profile.smoke", "[profle.smoke")
	_, err := Parse("m.toml", text)
	const want = `m.toml:44: unknown key "profle"; did you mean "profile"?`
	if err == nil || err.Error() != want || strings.Count(text, "profle") < 2 {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestSingleBracketsAreNamed: the commonest slip, in each of the tables of which there are several.
func TestSingleBracketsAreNamed(t *testing.T) {
	for _, key := range []string{"architecture", "dataset", "experiment"} {
		_, err := Parse("m.toml", "seed = 1\n["+key+"]\nname = \"x\"\n")
		want := fmt.Sprintf("m.toml:2: %s: write [[%s]], in two pairs of brackets", key, key)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestMistakesAreNamedWithFileLineAndKey(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":              {"learning-rate = 2e-4\nfolds", "learning-rat = 2e-4\nfolds", `m.toml:48: unknown key "profile.smoke.learning-rat"; did you mean "learning-rate"?`},
		"unknown key of a dataset": {`patches = 190000`, `pathces = 190000`, `m.toml:27: unknown key "dataset.pathces"; did you mean "patches"?`},
		"unknown table":            {"[[experiment]]\nname = \"all\"", "[[experiments]]\nname = \"all\"", `m.toml:35: unknown key "experiments"; did you mean "experiment"?`},
		"unknown key of override":  {"patch = 16", "pach = 16", `m.toml:52: unknown key "profile.smoke.dataset.STARE.pach"; did you mean "patch"?`},
		"key of another table":     {"learning-rate = 2e-4\nfolds", "patch = 16\nfolds", `m.toml:48: unknown key "profile.smoke.patch"; it is a key of [[dataset]]`},
		"key of a profile":         {`patches = 190000`, `epochs = 3`, `m.toml:27: unknown key "dataset.epochs"; it is a key of [profile.NAME]`},
		"datasets of a profile":    {"folds = 2\n\n[profile.smoke.dataset.STARE]\npatch = 16\nbatch = 8", "folds = 2\ndataset = [\"STARE\"]", `m.toml:50: profile.smoke.dataset: must be tables [profile.smoke.dataset.NAME], which set keys differently for one dataset, and is a list; which datasets`},
		"number for a dataset":     {"[profile.smoke.dataset.STARE]\npatch = 16\nbatch = 8", "dataset = {STARE = 3}", `m.toml:51: profile.smoke.dataset.STARE: must be a table [profile.smoke.dataset.STARE], and is a number`},
		"text for a table":         {"folds = 2\n", "folds = 2\naugment = \"flip\"\n", `m.toml:50: profile.smoke.augment: must be a table [profile.smoke.augment], and is text in quotes`},
		"number for a search":      {"folds = 2\n", "folds = 2\nsearch = 3\n", `m.toml:50: profile.smoke.search: must be a table [profile.smoke.search], and is a number`},
		"profile without a name":   {"[profile.seeds]", "[profile]", `profile.batch: is no table: a profile has a name, so write [profile.NAME] above its keys`},
		"two profiles of a name":   {"[profile.seeds]", "[[profile.seeds]]", `m.toml:55: profile.seeds: write [profile.seeds], in one pair of brackets`},
		"nothing near":             {"patch = 16", "zzzzzz = 16", `m.toml:52: unknown key "profile.smoke.dataset.STARE.zzzzzz"`},
		"wrong type in the first":  {"patch = 48\npatches", "patch = \"48\"\npatches", `m.toml:26: patch: must be a whole number, and is text in quotes`},
		"number where text goes":   {"folds", "threshold = 0.5\nfolds", `m.toml:49: threshold: must be text in quotes, and is a number`},
		"endless recurrence":       {"t = 3", "t = 1000000000", `m.toml:18: architecture "R2U-Net": t = 1000000000: expected at most 100`},
		"syntax":                   {"t = 3", "t = = 3", `m.toml:18:`},
		"impossible value":         {"t = 3", "t = -3", `m.toml:18: architecture "R2U-Net": t = -3`},
		"impossible setting":       {"epochs = 1\nbatch = 2\nlearning-rate = 2e-4\nfolds", "epochs = 0\nbatch = 2\nlearning-rate = 2e-4\nfolds", `m.toml:46: profile smoke: epochs = 0: must be at least 1`},
		"missing setting":          {"epochs = 1\nbatch = 2\nlearning-rate = 2e-4\nfolds", "batch = 2\nlearning-rate = 2e-4\nfolds", `m.toml:44: profile smoke: epochs = 0: must be at least 1`},
		"not a number":             {"learning-rate = 2e-4\nfolds", "learning-rate = nan\nfolds", `learning-rate = NaN: must be above 0`},
		"unknown dataset":          {`datasets = ["DRIVE"]`, `datasets = ["DRVE"]`, `m.toml:41: datasets: "DRVE" is not defined in this file; did you mean "DRIVE"?`},
		"unknown architecture":     {`["R2U-Net t=2"]`, `["R2U-Net t=4"]`, `m.toml:40: architectures: "R2U-Net t=4" is not defined in this file; did you mean "R2U-Net t=2"?`},
		"unknown exception":        {`datasets = ["DRIVE"]`, `except = ["R2U-Net t=4"]`, `m.toml:41: except: "R2U-Net t=4" is not defined in this file; did you mean "R2U-Net t=2"?`},
		"nothing but exceptions":   {`datasets = ["DRIVE"]`, `except = ["R2U-Net"]`, `m.toml:41: except leaves no network of experiment "one"`},
		"override of unknown":      {"dataset.STARE", "dataset.STAR", `m.toml:51: profile.smoke.dataset.STAR: "STAR" is not defined in this file; did you mean "STARE"?`},
		"impossible override":      {"patch = 16", "patch = -16", `m.toml:52: profile smoke, dataset STARE: patch = -16`},
		"same name twice":          {"name = \"STARE\"\ninput", "name = \"DRIVE\"\ninput", `m.toml:30: dataset "DRIVE" occurs twice`},
		"same architecture twice":  {"t = 3", "t = 2", `m.toml:15: architecture "R2U-Net" with this t and these weights occurs twice`},
		"profile above the folder": {"[profile.seeds]", `[profile."../seeds"]`, `m.toml:55: profile: "../seeds" cannot name a results folder`},
		"profile of the cache":     {"[profile.seeds]", `[profile.cache]`, `m.toml:55: profile: "cache" is the folder of prepared images`},
		"profile as if fresh":      {"[profile.seeds]", `[profile.smoke-2]`, `m.toml:55: profile: "smoke-2" is the folder that -fresh begins for profile "smoke"`},
		"long name":                {`name = "U-Net"`, `name = "` + strings.Repeat("U", 101) + `"`, `m.toml:2: architecture`},
		"data above the folder":    {`name = "STARE"`, "name = \"STARE\"\nfolder = \"../STARE\"", `m.toml:31: dataset "STARE": folder = "../STARE": must lie below the data folder`},
		"epoch of the test":        {"epochs = 1\nbatch = 2\nlearning-rate = 2e-4\nfolds", "epochs = 1\nselect = \"test\"\nbatch = 2\nlearning-rate = 2e-4\nfolds", `m.toml:47: profile smoke: select = "test": must be one of last, loss, dice, ac, ap, auc,`},
		"missing weights":          {"learning-rate = 2e-4\nfolds", "learning-rate = 2e-4\nfreeze = \"encoder\"\nfolds", `m.toml:49: profile smoke: freeze = "encoder": needs init`},
		"frozen decoder":           {"learning-rate = 2e-4\nfolds", "learning-rate = 2e-4\nfreeze = \"decoder\"\nfolds", `m.toml:49: profile smoke: freeze = "decoder": must be "encoder", or left out`},
		"threshold of the test":    {"learning-rate = 2e-4\nfolds", "learning-rate = 2e-4\nthreshold = \"test\"\nfolds", `m.toml:49: profile smoke: threshold = "test": must be "validation" or "training", the images that choose it: nothing is chosen on test images`},
		"temperature of the test":  {"learning-rate = 2e-4\nfolds", "learning-rate = 2e-4\ntemperature = \"test\"\nfolds", `m.toml:49: profile smoke: temperature = "test": must be "validation", the images that choose it, or left out: nothing is chosen on test images`},
		"impatience":               {"learning-rate = 2e-4\nfolds", "learning-rate = 2e-4\npatience = -1\nfolds", `m.toml:49: profile smoke: patience = -1: must be at least 0`},
		"average of one":           {"learning-rate = 2e-4\nfolds", "learning-rate = 2e-4\naverage = 1\nfolds", `m.toml:49: profile smoke: average = 1: must be 0, for none, or a decay below 1`},
		"unknown experiment":       {`experiments = ["one"]`, `experiments = ["none"]`, `m.toml:56: experiments: "none" is not defined`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(small, c.old, c.new, 1)
			if text == small {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse("m.toml", text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestUnknownKeyIsReportedAtEachPlace(t *testing.T) {
	_, err := Parse("m.toml", strings.ReplaceAll(small, "patch = 48", "patsh = 48"))
	for _, line := range []string{"m.toml:26:", "m.toml:32:"} {
		if err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("got %v; want a report at %s", err, line)
		}
	}
}

func TestEmptyFileSaysWhatIsNeeded(t *testing.T) {
	if _, err := Parse("m.toml", ""); err == nil || !strings.Contains(err.Error(), "[[architecture]]") {
		t.Errorf("got %v", err)
	}
}

// TestSettingsOfADatasetHaveOneMeaning: a key that both Training and the dataset's table knew would be
// ignored by the decoder in a profile's dataset table.
func TestSettingsOfADatasetHaveOneMeaning(t *testing.T) {
	keys := map[string]bool{}
	for _, key := range tomlKeys(reflect.TypeFor[override]()) {
		if keys[strings.ToLower(key)] {
			t.Errorf("key %q is a setting both of training and of datasets", key)
		}
		keys[strings.ToLower(key)] = true
	}
}

func TestOwnMatrixLoads(t *testing.T) {
	f, err := Load(filepath.Join("..", "..", "experiments.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"smoke", "quick", "paper", "pytorch"} {
		if _, err := f.Profile(name); err != nil {
			t.Error(err)
		}
	}
}

func TestHugeFileIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.toml")
	if err := os.WriteFile(path, make([]byte, maxFileSize+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("got %v", err)
	}
}

// TestPositionsOfKeysOutsideOfStrings: text in strings and lists that looks like keys and tables has no position.
func TestPositionsOfKeysOutsideOfStrings(t *testing.T) {
	lines, err := indexLines("m.toml", "a = '''\nb = 1\n[c]\n'''\nd = [ # ]\n  \"e = 1\", {f = 1},\n]\n[ g . \"h\" ] "+
		"# i = 1\nj = 1 # k = 1\n[[l]]\n[l.m]\nn=1")
	want := map[string]int{"a": 1, "d": 5, "g.h": 8, "g.h.j": 9, "l[0]": 10, "l[0].m": 11, "l[0].m.n": 12}
	if diff := cmp.Diff(want, lines); err != nil || diff != "" {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
}
