package assess

import (
	"context"
	"log"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// drawn is DRIVE as a phantom, drawn once for all tests.
var drawn *datasets.Dataset

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "assess")
	if err != nil {
		log.Fatal(err)
	}
	config := datasets.Config{
		Name: "DRIVE", Patch: 48, Patches: 8, ValidationPatches: 4, PhantomImages: 10, PhantomShrink: 4, Cache: cache,
	}
	if drawn, err = datasets.Open(context.Background(), config, "", 1); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(cache)
	if err := goleak.Find(); err != nil && code == 0 {
		log.Print(err)
		code = 1
	}
	os.Exit(code)
}

// tester tests the pixelwise network on one image.
func tester(t *testing.T, settings matrix.Training) (*Tester, []string) {
	t.Helper()
	fold, err := drawn.Fold(0)
	if err != nil {
		t.Fatal(err)
	}
	return &Tester{
		Net: pixelwise{}, Fold: fold, Settings: settings, Patch: 48,
		FS: durable.OS, Folder: t.TempDir(), Samples: t.TempDir(),
		Observer: unobserved{},
	}, fold.Test[:1]
}

type unobserved struct{}

func (unobserved) Stepped(progress.Step) {}

func TestMeasuresAreThoseOfTheSettings(t *testing.T) {
	for _, c := range []struct {
		measures          []string
		hausdorff, cldice bool
	}{
		{nil, false, false},
		{[]string{"hausdorff95"}, true, false},
		{[]string{"cldice", "hausdorff95"}, true, true},
	} {
		tester, ids := tester(t, matrix.Training{Test: "whole", Batch: 4, Measures: c.measures})
		a, err := tester.Run(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		got := a.Measures.Inside.PerImage
		if evaluate.Defined(got.Of(measures.Hausdorff95)) != c.hausdorff ||
			evaluate.Defined(got.Of(measures.CentrelineDice)) != c.cldice {
			t.Errorf("measures %v: distance %g px, clDice %g",
				c.measures, got.Of(measures.Hausdorff95), got.Of(measures.CentrelineDice))
		}
	}
}

func TestBothProtocolsAreTimedAndOneIsMeasured(t *testing.T) {
	for _, c := range []struct {
		settings matrix.Training
		want     []evaluate.Inference
	}{
		{matrix.Training{Test: "whole", Batch: 4}, []evaluate.Inference{{Protocol: "whole"}, {Protocol: "patches", Stride: 24}}},
		{matrix.Training{Test: "patches", Stride: 40, Batch: 4}, []evaluate.Inference{{Protocol: "patches", Stride: 40}, {Protocol: "whole"}}},
	} {
		tester, ids := tester(t, c.settings)
		alone, err := tester.Run(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		tester.TimeBoth = true
		both, err := tester.Run(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		if len(alone.Costs) != 1 || len(both.Costs) != 2 {
			t.Fatalf("tested with %s: times %+v alone, %+v with both", c.settings.Test, alone.Costs, both.Costs)
		}
		if diff := cmp.Diff(alone.Measures, both.Measures, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("tested with %s: timing the other protocol changes measures:\n%s", c.settings.Test, diff)
		}
		for i, got := range both.Costs {
			if got.Protocol != c.want[i].Protocol || got.Stride != c.want[i].Stride || got.Samples != 1 ||
				!(got.SecondsPerSample > 0) || got.Width != 141 || got.Height != 146 {
				t.Errorf("tested with %s: time %d is %+v, want %+v", c.settings.Test, i+1, got, c.want[i])
			}
		}
	}
}
