package main

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
	"r2unet/experiments"
	"r2unet/experiments/score"
	"r2unet/internal/cli/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"score": main})
}

// twoNetworks are trained for a moment, until probabilities are more than a few levels apart, and tested on both test
// images.
const twoNetworks = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [2, 4]

[[architecture]]
name = "R2U-Net"
block = "recurrent-residual"
t = 2
channels = [2, 4]

[[dataset]]
name = "DRIVE"
patch = 16
patches = 200
validation-patches = 8
phantom-images = 4
phantom-shrink = 4

[[experiment]]
name = "all"

[profile.tiny]
epochs = 4
batch = 4
learning-rate = 1e-2
loss = "bce(pos-weight=5)"
measures = ["ece", "hausdorff95", "cldice"]
`

// sweep trains and tests them into a folder.
func sweep(t *testing.T) (results string) {
	t.Helper()
	out := t.TempDir()
	config := filepath.Join(out, "tiny.toml")
	if err := os.WriteFile(config, []byte(twoNetworks), 0o644); err != nil {
		t.Fatal(err)
	}
	o := experiments.Options{Config: config, Profile: "tiny", Out: out, Device: "cpu", Seed: 1, Stdout: io.Discard}
	if err := experiments.Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, "tiny")
}

// TestScripts runs the scripts in testdata/script in a folder with a sweep's results, and what its predictions give
// must be what its records have.
func TestScripts(t *testing.T) {
	results := sweep(t)
	t.Run("Same", func(t *testing.T) { compareWithRecords(t, results) })
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			return errors.Join(
				link(results, "runs/*-u-net-*/predictions", env.WorkDir, "plain"),
				link(results, "runs/*-r2u-net-*/predictions", env.WorkDir, "recurrent"),
				link(results, "samples/*/truths", env.WorkDir, "truths"),
				link(results, "samples/*/fovs", env.WorkDir, "fovs"))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": clitest.Exits},
	})
}

// link copies the folder that a pattern matches.
func link(root, pattern, into, name string) error {
	found, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(found) == 0 {
		return errors.Join(err, errors.New(pattern+" matches nothing"))
	}
	return os.CopyFS(filepath.Join(into, name), os.DirFS(found[0]))
}

// compareWithRecords compares every measure of every run. Those of counts and masks are equal; those of probabilities
// differ by what 16 bits leave out.
func compareWithRecords(t *testing.T, results string) {
	s, err := archive.Open(results)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := filepath.Glob(filepath.Join(results, "samples", "*"))
	if err != nil || len(samples) != 1 || len(s.Runs) != 2 {
		t.Fatal(samples, len(s.Runs), err)
	}
	for _, run := range s.Runs {
		report, err := score.Run(t.Context(), score.Options{
			Truth: filepath.Join(samples[0], "truths"), FOV: filepath.Join(samples[0], "fovs"),
			Predictions: []string{filepath.Join(results, "runs", run.ID, "predictions")},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, want := report.Scored[0].Measures, run.Result.Measures
		if len(got.Inside.Images) < 2 {
			t.Fatalf("%d images", len(got.Inside.Images))
		}
		compareScopes(t, run.ID+" inside", &got.Inside, &want.Inside)
		compareScopes(t, run.ID+" all", &got.All, &want.All)
		a := evaluate.F1Interval(&evaluate.Result{Measures: got})
		if b := evaluate.F1Interval(&evaluate.Result{Measures: want}); a != b {
			t.Errorf("%s: interval %v, want %v", run.ID, a, b)
		}
	}
}

func compareScopes(t *testing.T, name string, got, want *evaluate.Scope) {
	t.Helper()
	compareScores(t, name+" pooled", &got.Micro, &want.Micro)
	compareScores(t, name+" mean", &got.PerImage, &want.PerImage)
	for i := range want.Images {
		if got.Images[i].ID != want.Images[i].ID {
			t.Errorf("%s: image %s, want %s", name, got.Images[i].ID, want.Images[i].ID)
		}
		compareScores(t, name+" "+want.Images[i].ID, &got.Images[i].Scores, &want.Images[i].Scores)
	}
}

func compareScores(t *testing.T, name string, got, want *measures.Scores) {
	t.Helper()
	if got.Counts != want.Counts {
		t.Errorf("%s: %+v, want %+v", name, got.Counts, want.Counts)
	}
	for _, m := range measures.All() {
		tolerance := 0.0
		if m.Ranking != nil || m.Pixel != nil || m.Bins != nil {
			tolerance = 1e-4
		}
		a, b := got.Of(m), want.Of(m)
		if math.IsNaN(a) != math.IsNaN(b) || math.Abs(a-b) > tolerance {
			t.Errorf("%s: %s %v, want %v", name, m.Name, a, b)
		}
	}
}
