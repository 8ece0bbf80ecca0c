package kernel

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// TestEveryKernelHasAssembly looks at the functions of both sets: those of NEON call assembly, except for gates, which no
// portable one does.
func TestEveryKernelHasAssembly(t *testing.T) {
	for _, set := range isa.Available() {
		kernels := reflect.ValueOf(For(set))
		for i := range kernels.NumField() {
			name := runtime.FuncForPC(kernels.Field(i).Pointer()).Name()
			field := kernels.Type().Field(i).Name
			gate := field == "Multiply" || field == "ScalePixels" || field == "Dots"
			if strings.Contains(name, ".over.") != (set == isa.NEON && !gate) {
				t.Errorf("%v: %s is %s", set, field, name)
			}
		}
	}
	if isa.Best() != isa.NEON {
		t.Errorf("the best set is %v", isa.Best())
	}
}
