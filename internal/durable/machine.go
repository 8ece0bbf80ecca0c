package durable

import (
	"errors"
	"syscall"
)

// MachineFailed reports whether an error is the machine's doing: a disk that is full or broken, or memory or open files
// that are used up. Trying again may help, where that has been put in order.
func MachineFailed(err error) bool {
	for _, fault := range append([]error{syscall.ENOSPC, syscall.EIO, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE},
		systemFaults...) {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}
