package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockFile keeps two sweeps from writing into one folder.
const lockFile = "sweep.lock"

// holder is what the lock file says of the sweep that has it.
type holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// lock is a held lock on a folder.
type lock struct{ file *os.File }

// acquire takes the lock of a folder. The operating system frees it when its holder dies, however that happens, so a dead
// holder's lock is simply taken over.
func acquire(dir string) (*lock, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the results folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		var h holder
		if json.NewDecoder(f).Decode(&h) != nil {
			return nil, fmt.Errorf("another sweep is writing into %s; wait for it, or choose another folder with -out", dir)
		}
		return nil, fmt.Errorf("another sweep is writing into %s: process %d on %s, since %s; wait for it, or choose another folder with -out",
			dir, h.PID, h.Host, h.Since.Format(time.DateTime))
	}
	host, _ := os.Hostname() // only for the message above
	content, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Since: time.Now()})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(append(content, '\n'), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &lock{f}, nil
}

// release frees the lock. The file stays: removing it would race with a sweep that has just opened it.
func (l *lock) release() error { return l.file.Close() }
