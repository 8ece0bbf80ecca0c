//go:build unix

package durable

import (
	"errors"
	"os"
	"syscall"
)

// Lock takes the operating system's lock of an open file without waiting. It ends when the file is closed, or its
// process, however that happens. The file's content can be read by others meanwhile.
func Lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
