package host

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLimitOfAddressSpaceCounts runs in a process of its own, because a limit cannot be raised again.
func TestLimitOfAddressSpaceCounts(t *testing.T) {
	if os.Getenv("HOST_LIMITED") != "" {
		free, known := Memory{}.Free()
		if !known || free > 8_000_000_000 {
			t.Errorf("%d bytes are free under a limit of 8 GB", free)
		}
		if err := (Memory{}).Room(9_000_000_000); err == nil ||
			!strings.Contains(err.Error(), "takes about 9.0 GB of memory, and ") {
			t.Errorf("got %v", err)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	limited := exec.Command("sh", "-c", `ulimit -v 8000000 && exec "$0" -test.run '^TestLimitOfAddressSpaceCounts$'`,
		self)
	limited.Env = append(os.Environ(), "HOST_LIMITED=1")
	if out, err := limited.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
