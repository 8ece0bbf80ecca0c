package schedules_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"r2unet/experiments/schedules"
)

// TestEveryScheduleGivesRates walks through a run: each rate is a number between 0 and a hundred times the base, and the same when asked again.
func TestEveryScheduleGivesRates(t *testing.T) {
	for _, name := range schedules.Names() {
		s, err := schedules.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		p := schedules.Position{Base: 0.01, Updates: 60, Epochs: 3}
		for ; p.Update < p.Updates; p.Update++ {
			if p.Epoch = p.Update / 20; p.Epoch > len(p.Validation) {
				p.Validation = append(p.Validation, 0.5)
			}
			rate := s(p)
			if !(rate >= 0 && rate <= 100*p.Base) || math.Float64bits(s(p)) != math.Float64bits(rate) {
				t.Errorf("%s: rate %g at update %d", name, rate, p.Update)
			}
		}
	}
}

func ExampleGet() {
	cosine, err := schedules.Get("cosine")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, update := range []int{0, 50, 75} {
		fmt.Printf("%.4f ", cosine(schedules.Position{Base: 0.01, Update: update, Updates: 100}))
	}
	// Output: 0.0100 0.0050 0.0015
}

func TestUnknownScheduleIsNamed(t *testing.T) {
	if _, err := schedules.Get("cosin"); err == nil || !strings.Contains(err.Error(), `"cosin": unknown, expected one of constant, cosine`) {
		t.Errorf("error %v", err)
	}
}
