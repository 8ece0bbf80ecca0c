package schedules_test

import (
	"math"
	"testing"

	"r2unet/experiments/schedules"
	"r2unet/internal/torchtest"
)

// torchCases are the learning rates of PyTorch's schedulers, from testdata/schedules.py.
type torchCases struct {
	Cases []struct {
		Schedule, Warmup string
		Base             float64
		Updates, Epochs  int
		Validation       []float64 // loss of each epoch
		Rates            []float64 // of each update
	}
}

// TestRatesAreThoseOfPyTorch compares with committed numbers.
func TestRatesAreThoseOfPyTorch(t *testing.T) {
	var want torchCases
	torchtest.Read(t, "testdata/schedules.json", &want)
	compare(t, want)
}

// TestRatesAreThoseOfPyTorchHere compares with the PyTorch of this machine.
func TestRatesAreThoseOfPyTorchHere(t *testing.T) {
	var want torchCases
	torchtest.Run(t, "testdata/schedules.py", &want)
	compare(t, want)
}

func compare(t *testing.T, want torchCases) {
	t.Helper()
	for _, c := range want.Cases {
		schedule, warmup := get(t, c.Schedule), parseWarmup(t, c.Warmup)
		schedule = warmup.Before(schedule)
		if len(c.Rates) != c.Updates {
			t.Fatalf("%s: %d rates of %d updates", c.Schedule, len(c.Rates), c.Updates)
		}
		for k, want := range c.Rates {
			epoch := k * c.Epochs / c.Updates
			got := schedule(schedules.Position{
				Base: c.Base, Update: k, Updates: c.Updates, Epoch: epoch, Epochs: c.Epochs,
				Validation: c.Validation[:min(epoch, len(c.Validation))],
			})
			if math.Abs(got-want) > 1e-10*c.Base {
				t.Errorf("%s, warm-up %q: rate %.15g at update %d, PyTorch %.15g", c.Schedule, c.Warmup, got, k, want)
			}
		}
	}
}

func get(t *testing.T, text string) schedules.Schedule {
	t.Helper()
	schedule, err := schedules.Get(text)
	if err != nil {
		t.Fatal(err)
	}
	return schedule
}

func parseWarmup(t *testing.T, text string) schedules.Warmup {
	t.Helper()
	w, err := schedules.ParseWarmup(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
