package optimizers_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"r2unet/layers/optimizers"
)

// TestEveryOptimizerFindsTheMinimum of (w − 1)², with methods that depend on their arguments alone.
func TestEveryOptimizerFindsTheMinimum(t *testing.T) {
	for _, name := range optimizers.Names() {
		got, o, err := optimizers.Get(name)
		if err != nil || got != name {
			t.Fatalf("%s: name %q, error %v", name, got, err)
		}
		w, state := 0.0, make([]float64, len(o.State()))
		for k := 1; k <= 500; k++ {
			numbers := o.Numbers(0.01, k)
			if len(numbers) > optimizers.MaxNumbers || !slices.Equal(numbers, o.Numbers(0.01, k)) {
				t.Fatalf("%s: numbers %v of step %d", name, numbers, k)
			}
			again := slices.Clone(state)
			next := o.Update(numbers, w, 2*(w-1), state)
			if o.Update(numbers, w, 2*(w-1), again) != next || !slices.Equal(state, again) {
				t.Fatalf("%s: step %d depends on more than its arguments", name, k)
			}
			w = next
		}
		if math.Abs(w-1) > 0.05 {
			t.Errorf("%s is at %g after 500 steps", name, w)
		}
	}
}

func TestCanonicalText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "adam": "", "adam( beta1 = 0.90 )": "", "adam(beta2=0.99)": "adam(beta2=0.99)", "adamw": "adamw",
		"sgd(nesterov=yes, momentum=0.99)": "sgd(momentum=0.99)", "sdg": "sdg",
	} {
		if got := optimizers.Canonical(text); got != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
}

func TestErrorsNameWhatThereIs(t *testing.T) {
	for text, want := range map[string]string{
		"sdg":           `"sdg": unknown, expected one of ` + strings.Join(optimizers.Names(), ", ") + ` (did you mean "sgd"?)`,
		"sgd(beta1=1)":  `sgd has no parameter "beta1"; there are: momentum, nesterov`,
		"adam(beta1=1)": "adam: beta1=1: expected a number from 0 to 0.999999",
	} {
		if _, _, err := optimizers.Get(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, expected %s", text, err, want)
		}
	}
}
