package durable

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// readersTime is how long a rename waits for readers of the file that it replaces.
const readersTime = 2 * time.Second

// rename replaces a file, as on other systems. Windows refuses that while anybody, such as the board or a virus
// scanner, has the file open, and readers here close theirs soon, so it is tried again for a while.
func rename(from, to string) error {
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		err := os.Rename(from, to)
		busy := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !busy || time.Since(start) > readersTime {
			return err
		}
		if info, statErr := os.Stat(to); statErr == nil && info.IsDir() {
			return err
		}
	}
}

// syncDir does nothing: a folder cannot be synchronized on Windows, whose NTFS keeps a journal of renames.
func syncDir(string) error { return nil }
