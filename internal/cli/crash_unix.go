//go:build unix

package cli

import "syscall"

// leaveNoCore keeps SIGABRT from writing the memory of the process to the disk: it may be all that the machine has. A limit of one byte,
// and not of none, keeps Linux from handing it to a program that stores it, too.
func leaveNoCore() {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		return
	}
	limit.Cur = min(limit.Max, 1)
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit) // best effort
}
