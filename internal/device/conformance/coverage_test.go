package conformance

import (
	"testing"

	"r2unet/internal/calls/callstest"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// TestEveryOperatorHasALine: an operator without a line here would run on a device without a check that it computes
// what its definition does. Calls that a bench needs itself, before and after the call under test, do not count.
func TestEveryOperatorHasALine(t *testing.T) {
	tested := map[string]bool{}
	for _, group := range groups {
		for _, test := range group() {
			b := &bench{
				dev: ref.New[float32](), place: separate, plan: &device.Plan{},
				buffers: map[string]device.Buffer{},
			}
			test.build(b)
			if b.err != nil {
				t.Fatalf("%s: %v", test.name, b.err)
			}
			tested[callstest.TypeOf(b.plan.Calls[len(b.plan.Calls)-1])] = true
		}
	}
	for _, operator := range callstest.Types(t, "../../calls") {
		if !tested[operator] {
			t.Errorf("calls.%s has no line in the conformance set: see docs/operators.md", operator)
		}
	}
}
