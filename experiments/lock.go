package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// holder describes the sweep that holds a lock, as in the lock file.
type holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Boot  string    `json:"boot"` // of the host's kernel: containers have host names of their own
	Since time.Time `json:"since"`
}

func (h holder) String() string {
	return fmt.Sprintf("process %d on %s, since %s", h.PID, h.Host, h.Since.Format(time.DateTime))
}

// self describes this process.
func self() holder {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return holder{PID: os.Getpid(), Host: host, Boot: strings.TrimSpace(string(boot)), Since: time.Now()}
}

// sees reports whether h's OS lock can tell if other is still alive: it can on the same kernel, and on the same host
// after a reboot. Between hosts, not every shared file system propagates locks.
func (h holder) sees(other holder) bool {
	return h.Host == other.Host || h.Boot != "" && h.Boot == other.Boot
}

// lock is a held lock on a folder.
type lock struct{ file *os.File }

// acquire locks a folder. The OS releases the lock when its holder dies, so a dead holder's lock is taken over, except
// one left on another host, whose death cannot be observed from here.
func acquire(dir string) (*lock, error) { return acquireAs(self(), dir) }

// acquireAs is acquire with a given holder; tests pretend to be on another host.
func acquireAs(me holder, dir string) (l *lock, err error) {
	path := filepath.Join(dir, record.LockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the results folder: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	taken := durable.Lock(f)
	if taken != nil && !errors.Is(taken, durable.ErrLocked) {
		return nil, fmt.Errorf("lock %s: %w", path, taken)
	}
	var other holder
	content, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	known := json.Unmarshal(content, &other) == nil
	switch {
	case taken != nil && !known:
		return nil, fmt.Errorf("another sweep is writing into %s; wait for it, or choose another folder with -out", dir)
	case taken != nil:
		return nil, fmt.Errorf("another sweep is writing into %s: %v; wait for it, or choose another folder with -out",
			dir, other)
	case known && !me.sees(other):
		return nil, fmt.Errorf("%s is locked by a sweep on another host: %v, and %s cannot see whether it still "+
			"runs; wait for it, or, if it is dead, remove %s",
			dir, other, me.Host, path)
	}
	if content, err = json.Marshal(me); err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(append(content, '\n'), 0)
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &lock{f}, nil
}

// release releases the lock for every host. The file stays: removing it would race with a sweep that just opened it.
func (l *lock) release() error { return errors.Join(l.file.Truncate(0), l.file.Close()) }
