//go:build unix

package durable

import (
	"errors"
	"syscall"
)

// Alive reports whether a process of this machine, or container, has the number.
func Alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return pid > 0 && (err == nil || errors.Is(err, syscall.EPERM))
}
