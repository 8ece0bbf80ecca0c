package host

import (
	"os"
	"runtime/debug"
)

// ForgetPeak gives unused memory back and lets Peak begin anew, where the system can: on Linux. Elsewhere the largest so far stays.
func ForgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}
