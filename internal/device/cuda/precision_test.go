//go:build !race

package cuda

import (
	"math"
	"strings"
	"testing"

	"r2unet/internal/device/cuda/sim"
)

func TestTF32RoundsFactorsToTenBits(t *testing.T) {
	fine, _ := simulated(t, Options{}, sim.Options{})
	coarse, _ := simulated(t, Options{Precision: TF32}, sim.Options{})
	want, got := newStep(t, fine).run(t, fine, 1), newStep(t, coarse).run(t, coarse, 1)
	var distance, size float64
	for i := range want {
		for j, v := range want[i] {
			distance += math.Pow(float64(got[i][j]-v), 2)
			size += float64(v) * float64(v)
		}
	}
	if d := math.Sqrt(distance / size); d < 1e-6 || d > 1e-3 {
		t.Errorf("a step in tf32 is %.3g away from one in fp32", d)
	}
}

func TestUnknownPrecisionIsAnError(t *testing.T) {
	if _, err := New(sim.New(sim.Options{}), Options{Precision: "fp8"}); err == nil ||
		!strings.Contains(err.Error(), "expected fp32 or tf32") {
		t.Errorf("error is %v", err)
	}
}
