package experiments

import (
	"strings"
	"testing"
)

// TestCallsWithoutAKernelAreNamedOnce: two networks with a loss that has no kernel, and a sweep without it.
func TestCallsWithoutAKernelAreNamedOnce(t *testing.T) {
	const line = "warning: no kernel on cpu for "
	skeletons := strings.Replace(tiny, "epochs = 2", "loss = \"bce + cldice\"\nepochs = 2", 1)
	said := sweepOf(t, inProcess(t, skeletons))
	_, after, found := strings.Cut(said, line)
	names, _, _ := strings.Cut(after, "\n")
	if !found || !strings.Contains(names, "clDice loss") ||
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
