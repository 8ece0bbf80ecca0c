package experiments

import (
	"strings"
	"testing"
)

// TestCallsWithoutAKernelAreNamedOnce: two networks with instance norms, and a sweep without any.
func TestCallsWithoutAKernelAreNamedOnce(t *testing.T) {
	const line = "warning: no kernel on cpu for "
	instance := strings.ReplaceAll(tiny, "block =", "norm = \"instance\"\nblock =")
	said := sweepOf(t, inProcess(t, instance))
	_, after, found := strings.Cut(said, line)
	names, _, _ := strings.Cut(after, "\n")
	if !found || !strings.Contains(names, "group norm") ||
		!strings.HasSuffix(names, ": these run by their definition, slowly") {
		t.Errorf("the sweep says:\n%s", said)
	}
	if strings.Contains(after, line) {
		t.Errorf("calls without a kernel are named again:\n%s", said)
	}
	if said := sweepOf(t, inProcess(t, tiny)); strings.Contains(said, line) {
		t.Errorf("networks that have all kernels:\n%s", said)
	}
}
