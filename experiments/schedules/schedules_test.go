package schedules_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"r2unet/experiments/schedules"
)

// required are the parameters of schedules that must be given some.
var required = map[string]string{"step": "(every=1)", "multi-step": "(at=1/2)"}

// TestEveryScheduleGivesRates walks through a run, with and without a warm-up: each rate is a number between 0 and a
// hundred times the base, and the same when it is asked for again.
func TestEveryScheduleGivesRates(t *testing.T) {
	for _, name := range schedules.Names() {
		for _, warmup := range []string{"", "1 epoch", "7 updates", "60 updates"} {
			s := parseWarmup(t, warmup).Before(get(t, name+required[name]))
			p := schedules.Position{Base: 0.01, Updates: 60, Epochs: 3}
			for ; p.Update < p.Updates; p.Update++ {
				if p.Epoch = p.Update / 20; p.Epoch > len(p.Validation) {
					p.Validation = append(p.Validation, 0.5)
				}
				rate := s(p)
				if !(rate >= 0 && rate <= 100*p.Base) || math.Float64bits(s(p)) != math.Float64bits(rate) {
					t.Errorf("%s, warm-up %q: rate %g at update %d", name, warmup, rate, p.Update)
				}
			}
		}
	}
}

func ExampleGet() {
	cosine, err := schedules.Get("cosine(cycles=2, final=1e-4)")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, update := range []int{0, 25, 49, 50, 75} {
		fmt.Printf("%.4f ", cosine(schedules.Position{Base: 0.01, Update: update, Updates: 100}))
	}
	// Output: 0.0100 0.0051 0.0001 0.0100 0.0051
}

func TestCanonicalText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "constant": "", " constant() ": "", "cosine(final=0, cycles=1)": "cosine",
		"cosine( final = 1e-5,cycles=3)": "cosine(cycles=3,final=1e-05)", "cosin": "cosin", "step": "step",
	} {
		if got := schedules.Canonical(text); got != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
}

func TestErrorsNameWhatThereIs(t *testing.T) {
	for text, want := range map[string]string{
		"cosin":            `"cosin": unknown, expected one of ` + strings.Join(schedules.Names(), ", ") + ` (did you mean "cosine"?)`,
		"cosine(cycle=3)":  `cosine has no parameter "cycle" (did you mean cycles?)`,
		"cosine(cycles=0)": "cosine: cycles=0: expected a whole number from 1 to 10000",
		"step":             "step: the parameter every is missing: a whole number from 1 to 1000000",
	} {
		if _, err := schedules.Get(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, expected %s", text, err, want)
		}
	}
}

func TestWarmupIsReadWithItsUnit(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "0 epochs": "", "1 epochs": "1 epoch", "1 update": "1 update",
		"5 epochs": "5 epochs", "500 updates": "500 updates",
	} {
		if got := parseWarmup(t, text); got.String() != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
	for _, text := range []string{
		"5", "epochs", "5 steps", "-1 epochs", "1.5 epochs", "5  epochs", "5 epochss", "99999999999 updates",
	} {
		if w, err := schedules.ParseWarmup(text); err == nil {
			t.Errorf("%q is read as %q", text, w)
		}
	}
	if got := (schedules.Warmup{Count: 2, Epochs: true}).Updates(60, 3); got != 40 {
		t.Errorf("2 of 3 epochs of 60 updates are %d updates", got)
	}
}
