//go:build unix

package cli

import "syscall"

// leaveNoCore keeps SIGABRT from writing a core file, which could be as large as the machine's memory. The
// limit is one byte rather than zero because Linux pipes the core to a core_pattern program even at zero, but
// not at one.
func leaveNoCore() {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		return
	}
	limit.Cur = min(limit.Max, 1)
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit) // best effort
}
