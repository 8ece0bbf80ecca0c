package conv

import (
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// isAssembly reports whether a kernel is one of NEON's.
func isAssembly[T any](kernel func(*T)) bool {
	return strings.HasSuffix(runtime.FuncForPC(reflect.ValueOf(kernel).Pointer()).Name(), "NEON")
}

// TestPlansRunOnNEON looks at the kernels of plans by default, and of those of the set portable.
func TestPlansRunOnNEON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 10))
	for _, set := range isa.Available() {
		for _, channels := range [][2]int{{1, 16}, {8, 16}, {16, 8}, {16, 16}, {12, 16}, {32, 1}} {
			for _, k := range []int{1, 3} {
				x := newFeature(r, 1, channels[0], 4, 4, false)
				z := newFeature(r, 1, channels[1], 4, 4, false)
				f := must[*Forward](t)(NewForward(set, Float32, x.m, z.m, k, Epilogue{}))
				for _, p := range f.bundles[0].groups[0].covers[0].tiles {
					if isAssembly(p.kernel.run) != (set == isa.NEON) {
						t.Errorf("%v: tiles of %d×%d from %d to %d channels", set, k, k, channels[0], channels[1])
					}
				}
				if isAssembly(f.kernels.epilogue) != (set == isa.NEON) {
					t.Errorf("%v: epilogue of %d channels", set, channels[1])
				}
				g := must[*GradWeight](t)(NewGradWeight(set, Float32, z.m, x.m, k))
				if isAssembly(g.kernel) != (set == isa.NEON) {
					t.Errorf("%v: weight gradient of %d×%d from %d to %d channels", set, k, k, channels[0], channels[1])
				}
			}
		}
	}
	if isa.Best() != isa.NEON {
		t.Errorf("the best set is %v", isa.Best())
	}
}
