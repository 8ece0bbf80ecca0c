package inference

import (
	"context"
	"sync"
	"testing"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// drawn is DRIVE as a phantom, drawn once for all tests.
var drawn = sync.OnceValues(func() (*datasets.Dataset, error) {
	return datasets.Open(context.Background(), datasets.Config{Name: "DRIVE", Patch: 48, Patches: 8, ValidationPatches: 4}, "", 1)
})

// tester tests the pixelwise network on one image.
func tester(t *testing.T, settings matrix.Training) (*Tester, []string) {
	t.Helper()
	d, err := drawn()
	if err != nil {
		t.Fatal(err)
	}
	split, err := d.Split(0)
	if err != nil {
		t.Fatal(err)
	}
	return &Tester{
		Net: pixelwise{}, Dataset: d, Settings: settings, Patch: 48,
		FS: durable.OS, Folder: t.TempDir(), Samples: t.TempDir(),
		Report: func(progress.Phase, int, int) {}, Spent: func(progress.Phase, int, time.Duration) {},
	}, split.Test[:1]
}

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
		if evaluate.Defined(got.Hausdorff95) != c.hausdorff || evaluate.Defined(got.CentrelineDice) != c.cldice {
			t.Errorf("measures %v: distance %g px, clDice %g", c.measures, got.Hausdorff95, got.CentrelineDice)
		}
	}
}
