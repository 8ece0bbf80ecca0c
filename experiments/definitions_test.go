package experiments

import (
	"strings"
	"testing"
)

// TestCallsWithoutAKernelAreNamedOnce: two networks with gates, and a sweep without any.
func TestCallsWithoutAKernelAreNamedOnce(t *testing.T) {
	const line = "warning: no kernel on cpu for "
	gated := strings.ReplaceAll(tiny, "block =", "skip = \"attention\"\nblock =")
	said := sweepOf(t, inProcess(t, gated))
	_, after, found := strings.Cut(said, line)
	names, _, _ := strings.Cut(after, "\n")
	if !found || !strings.Contains(names, "multiply") ||
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
