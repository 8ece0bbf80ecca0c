package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"r2unet/evaluate/record"
)

// sound is a matrix with nothing wrong; the cases below change it.
const sound = `[[architecture]]
name = "U-Net"
block = "forward"
channels = [2, 4]

[[dataset]]
name = "STARE"
patch = 16
patches = 8
validation-patches = 4
phantom-images = 4
phantom-shrink = 8

[[experiment]]
name = "all"
seeds = [1]

[profile.two]
epochs = 2
batch = 4
learning-rate = 1e-2
folds = 1
test-images = 1
`

// refusals are settings that cannot work, each with what the message must say.
var refusals = map[string]struct{ old, new, want string }{
	"stride above patch":             {"folds = 1", "folds = 1\ntest = \"patches\"\nstride = 50", `m.toml:24: .*stride = 50: .*from 1 to 16 \(8 lets`},
	"stride that nothing reads":      {"folds = 1", "folds = 1\nstride = 8", `m.toml:23: .*stride = 8: nothing reads it, because every run has test = "whole"`},
	"stride of the other protocol":   {"folds = 1", "folds = 1\ntime-both = true\nstride = 17", `m.toml:24: .*stride = 17: .*from 1 to 16`},
	"patches where there are none":   {"patch = 16\npatches = 8\nvalidation-patches = 4", "size = 16", `test = "patches": whole images .*take test = "whole", or set patch`},
	"no validation patches":          {"validation-patches = 4\n", "", `m.toml:6: .*validation-patches = 0: .*at least 1 patch`},
	"patch that cannot be halved":    {"patch = 16", "patch = 17", `m.toml:8: .*patch = 17: .*multiple of 2: 16 or 18`},
	"patch of one pixel":             {"patch = 16", "patch = 1", `m.toml:8: .*patch = 1: .*multiple of 2: 2$`},
	"size that cannot be halved":     {"patch = 16\npatches = 8\nvalidation-patches = 4", "size = 33", `m.toml:8: .*size = 33: .*multiple of 2: 32 or 34`},
	"oblong that cannot be halved":   {"patch = 16\npatches = 8\nvalidation-patches = 4", "size = [33, 20]", `m.toml:8: .*size = \[33, 20\]: .*multiple of 2: \[34, 20\]`},
	"last batch of one patch":        {"channels = [2, 4]", "channels = [2, 2, 2, 2, 2]", `m.toml:9: .*patches = 9: the last batch of 4 has one sample.*take patches = 8 or 10, batch = 5, or larger samples \(32 px\)`},
	"last batch of one, of samples":  {"folds = 1", "folds = 1\nsamples = 5", `m.toml:23: .*samples = 5: .*take samples = 4 or 6, batch = 5`},
	"batches of one":                 {"batch = 4", "batch = 1", `m.toml:20: .*batch = 1: .*take batch = 2`},
	"images too few for the split":   {"name = \"STARE\"", "name = \"STARE\"\nsplit = \"kfold\"\nfolds = 2\nvalidation = \"images\"", `m.toml:8: split STARE: `},
	"more patches than are ordered":  {"patches = 8\n", "patches = 1000000000\ndraw = \"once\"\n", `m.toml:9: .*patches = 1000000000: must be at most 134217728`},
	"budget beside epochs":           {"epochs = 2", "epochs = 2\ncompute-budget = 1", `m.toml:20: .*compute-budget = 1: the epochs follow from it, but epochs = 2`},
	"budget below nothing":           {"epochs = 2", "compute-budget = -1", `m.toml:19: .*compute-budget = -1: must be TFLOP of training`},
	"warm-up as long as a budget":    {"epochs = 2", "compute-budget = 1e-9\nwarmup = \"1 epoch\"", `m.toml:20: .*warmup = "1 epoch": must be shorter`},
	"validation on patches alone":    {"folds = 1", "folds = 1\nassess = \"validation\"", `m.toml:23: .*assess = "validation": .*set validation = "images"`},
	"assessed on training images":    {"folds = 1", "folds = 1\nassess = \"train\"", `m.toml:23: .*assess = "train": must be "test" or "validation"`},
	"dataset twice":                  {"seeds = [1]", "seeds = [1]\ndatasets = [\"STARE\", \"STARE\"]", `m.toml:17: datasets: "STARE" occurs twice`},
	"profiles in one folder":         {"[profile.two]", "[profile.Two]\nepochs = 1\nbatch = 4\nlearning-rate = 1e-2\n[profile.two]", `m.toml:22: .*"two" and "Two" differ only in upper and lower case`},
	"impossible point of a grid":     {"batch = 4", "batch = [4, 0]", `m.toml:20: .*batch = 0: must be at least 1`},
	"negative split-seed":            {"patch = 16", "patch = 16\nsplit-seed = -1", `m.toml:9: .*split-seed = -1: must be at least 1`},
	"negative seed":                  {"seeds = [1]", "seeds = [3, -1]", `m.toml:16: seeds: -1: must be at least 0`},
	"seed twice":                     {"seeds = [1]", "seeds = [3, 1, 3]", `m.toml:16: seeds: 3 occurs twice`},
	"seed beyond 64 bits":            {"seeds = [1]", "seeds = [9223372036854775808]", `m.toml:16: .*9223372036854775808`},
	"key twice in other case":        {"folds = 1", "folds = 1\nEPOCHS = 1", `m.toml:23: key "profile.two.EPOCHS" is "epochs" of line 19 a second time`},
	"key in other case":              {"folds = 1", "Folds = 1", `m.toml:22: unknown key "profile.two.Folds"; did you mean "folds"\?`},
	"table in other case":            {"[profile.two]", "[Profile.two]", `m.toml:18: unknown key "Profile"; did you mean "profile"\?`},
	"list of tables in other case":   {"[[dataset]]", "[[Dataset]]", `m.toml:6: unknown key "Dataset"; did you mean "dataset"\?`},
	"inline table in other case":     {"patch = 16", "patch = 16\naugment = { Flip = true }", `m.toml:9: unknown key "dataset.augment.Flip"; did you mean "flip"\?`},
	"inline table, another type":     {"patch = 16", "patch = 16\naugment = { flip = 1 }", `m.toml:9: flip: must be true or false, and is a number`},
	"inline table of two lines":      {"folds = 1", "folds = 1\ndataset.STARE.augment = { rotate = true }", `m.toml:23: rotate: must be a number, and is true or false`},
	"impossible augmentation":        {"phantom-shrink = 8", "phantom-shrink = 8\n[dataset.augment]\nflip = true\nscale = 4", `m.toml:15: .*augment.scale = 4: must be from 0 to 3`},
	"too many epochs":                {"epochs = 2", "epochs = 1000000000000000000", `m.toml:19: .*epochs = 1000000000000000000: must be at most 2147483647`},
	"more steps than are counted":    {"epochs = 2", "epochs = 1000000000", `m.toml:19: .*epochs = 1000000000: .*take at most 8388608`},
	"unknown schedule":               {"folds = 1", "folds = 1\nschedule = \"cosin\"", `m.toml:23: .*schedule = "cosin": unknown, .*did you mean "cosine"`},
	"schedule without its parameter": {"folds = 1", "folds = 1\nschedule = \"step\"", `m.toml:23: .*schedule = step: the parameter every is missing`},
	"final rate above the first":     {"folds = 1", "folds = 1\nschedule = \"cosine(final=0.1)\"", `m.toml:23: .*schedule = cosine: final=0.1 is above the rate from which it falls, 0.01`},
	"unknown parameter":              {"folds = 1", "folds = 1\nschedule = \"cosine(cycle=3)\"", `m.toml:23: .*schedule = cosine has no parameter "cycle" \(did you mean cycles`},
	"warm-up without a unit":         {"folds = 1", "folds = 1\nwarmup = \"5\"", `m.toml:23: .*warmup = "5": expected a number of epochs or of updates`},
	"warm-up of all epochs":          {"folds = 1", "folds = 1\nwarmup = \"2 epochs\"", `m.toml:23: .*warmup = "2 epochs": must be shorter than the training, epochs = 2`},
	"warm-up of all updates":         {"folds = 1", "folds = 1\nwarmup = \"4 updates\"", `m.toml:23: .*warmup = "4 updates": must be shorter than the training, 4 updates`},
	"unknown optimizer":              {"folds = 1", "folds = 1\noptimizer = \"sdg\"", `m.toml:23: .*optimizer = "sdg": unknown, .*did you mean "sgd"`},
	"momentum of one":                {"folds = 1", "folds = 1\noptimizer = \"sgd(momentum=1)\"", `m.toml:23: .*optimizer = sgd: momentum=1: expected a number`},
	"decoupled decay of nothing":     {"folds = 1", "folds = 1\noptimizer = \"adamw\"", `m.toml:23: .*optimizer = "adamw": .*set weight-decay`},
	"negative weight decay":          {"folds = 1", "folds = 1\nweight-decay = -0.1", `m.toml:23: .*weight-decay = -0.1: must be 0`},
	"negative norm":                  {"folds = 1", "folds = 1\nclip-norm = -1", `m.toml:23: .*clip-norm = -1: must be 0`},
	"update of more than an epoch":   {"folds = 1", "folds = 1\naccumulate = 3", `m.toml:23: .*accumulate = 3: an epoch has 2 batches.*must be from 1 to 2`},
	"rate of zero in float32":        {"learning-rate = 1e-2", "learning-rate = 1e-320", `m.toml:21: .*learning-rate = 1e-320: must be above 0`},
	"gain of zero in float32":        {"folds = 1", "folds = 1\ninitial-gain = 1e-320", `m.toml:23: .*initial-gain = 1e-320: must be above 0`},
	"more folds than there are":      {"folds = 1", "folds = 5", `m.toml:22: .*folds = 5: its datasets have at most 4`},
	"more folds than patients":       {"phantom-shrink = 8", "phantom-shrink = 8\nsplit = \"kfold\"\nfolds = 9", `m.toml:14: .*folds = 9: there are only 4 patients`},
	"patch larger than the images":   {"patch = 16", "patch = 160", `m.toml:8: .*patch = 160: is larger than the image`},
	"checkpoints once in an age":     {"folds = 1", "folds = 1\nsave-seconds = inf", `m.toml:23: .*save-seconds = \+Inf: must be from 0 to 86400`},
	"settings of an unused dataset":  {"[profile.two]", "[profile.two.dataset.DRIVE]\nbatch = 4\n[profile.two]", `m.toml:25: profile.two.dataset.DRIVE: no experiment of this profile runs on DRIVE, only on STARE`},
	"drawing where nothing is drawn": {"patch = 16\npatches = 8\nvalidation-patches = 4", "size = 16\ndraw = \"once\"", `draw = "once": goes with patches only`},
}

// also are further changes that a case needs.
var also = map[string][]string{
	"patches where there are none":  {"folds = 1", "folds = 1\ntest = \"patches\"\nstride = 8"},
	"last batch of one patch":       {"patches = 8\n", "patches = 9\n"},
	"last batch of one, of samples": {"channels = [2, 4]", "channels = [2, 2, 2, 2, 2]"},
	"images too few for the split":  {"phantom-images = 4", "phantom-images = 2"},
	"batches of one":                {"channels = [2, 4]", "channels = [2, 2, 2, 2, 2]"},
	"settings of an unused dataset": {"[[experiment]]", "[[dataset]]\nname = \"DRIVE\"\npatch = 16\npatches = 8\nvalidation-patches = 4\n\n[[experiment]]\ndatasets = [\"STARE\"]"},
}

// TestSettingsThatCannotWorkAreRefusedBeforeAnythingIsComputed: with exit code 2, file, line and key, and the values
// that would do; -plan refuses what a sweep refuses, in the same words.
func TestSettingsThatCannotWorkAreRefusedBeforeAnythingIsComputed(t *testing.T) {
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			text := sound
			for _, edit := range [][]string{also[name], {c.old, c.new}} {
				if len(edit) == 0 {
					continue
				}
				if !strings.Contains(text, edit[0]) {
					t.Fatalf("the matrix has no %q", edit[0])
				}
				text = strings.Replace(text, edit[0], edit[1], 1)
			}
			o := inProcess(t, text)
			o.Config = filepath.Join(t.TempDir(), "m.toml")
			if err := os.WriteFile(o.Config, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, plan := range []bool{false, true} {
				o.Plan = plan
				err := Sweep(t.Context(), o)
				if ExitCode(err) != ExitInput || !regexp.MustCompile(`(?s)`+c.want).MatchString(err.Error()) {
					t.Errorf("plan %v: exit code %d, %v\nwant %s", plan, ExitCode(err), err, c.want)
				}
				said = append(said, fmt.Sprint(err))
			}
			if name != "patch larger than the images" && said[0] != said[1] { // any of the images may be named
				t.Errorf("-plan says %s\na sweep says %s", said[1], said[0])
			}
			if runs, err := filepath.Glob(filepath.Join(o.Out, "two*", record.RunsFolder, "*")); len(runs) > 0 ||
				err != nil {
				t.Errorf("left behind: %v, %v", runs, err)
			}
		})
	}
}

// TestSoundSettingsAreNotRefused: what the cases above are changes of.
func TestSoundSettingsAreNotRefused(t *testing.T) {
	for _, edit := range [][2]string{
		{"", ""},
		{"folds = 1", "folds = 1\ntest = \"patches\"\nstride = 16"},
		{"folds = 1", "folds = 4"},
	} {
		o := inProcess(t, strings.Replace(sound, edit[0], edit[1], 1))
		o.Plan = true
		if err := Sweep(t.Context(), o); err != nil {
			t.Errorf("%q: %v", edit[1], err)
		}
	}
}
