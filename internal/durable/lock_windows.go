package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Lock takes the operating system's lock of an open file without waiting. It ends when the file is closed, or its
// process, however that happens. Locked bytes cannot be read by others on Windows, so the one byte that is locked lies
// far behind the file's end.
func Lock(f *os.File) error {
	far := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &far)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return err
}
