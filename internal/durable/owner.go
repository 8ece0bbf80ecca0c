package durable

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Owner is a process that owns files in a folder which other machines may share.
type Owner struct {
	Host    string `json:"host"`
	PID     int    `json:"pid"`
	Boot    string `json:"boot,omitempty"`  // of the host's kernel: containers have host names of their own
	Space   string `json:"space,omitempty"` // the processes that it can see, such as those of its container
	Process string `json:"process"`         // a random word, as process numbers are used again
}

// Self describes this process.
var Self = sync.OnceValue(func() Owner {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return Owner{
		Host: host, PID: os.Getpid(), Boot: strings.TrimSpace(string(boot)), Space: space, Process: rand.Text()[:8],
	}
})

// SeenFrom reports whether me can see if the owner is alive: they share machine and container.
func (o Owner) SeenFrom(me Owner) bool {
	together := o.Boot != "" && o.Boot == me.Boot && o.Space != "" && o.Space == me.Space
	if runtime.GOOS != "linux" { // no containers
		together = o.Host == me.Host
	}
	return together && o.PID != 0
}

// Gone reports whether me can see that the owner has died. False says nothing.
func (o Owner) Gone(me Owner) bool {
	if !o.SeenFrom(me) {
		return false
	}
	if o.PID == me.PID {
		return o.Process != me.Process
	}
	return !Alive(o.PID)
}

// Mark is the owner as a part of a file's name.
func (o Owner) Mark() string { return fmt.Sprintf("%s-%d-%s", o.machine(), o.PID, o.Process) }

// machine tells apart those who cannot see each other's processes.
func (o Owner) machine() string {
	seen := o.Boot + "\n" + o.Space
	if runtime.GOOS != "linux" || o.Boot == "" || o.Space == "" {
		seen = o.Host
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(seen)))[:8]
}

// abandonedAfter is the age at which a file counts as left over whose owner cannot be seen from here. It is far more
// than writing any of them takes.
const abandonedAfter = 24 * time.Hour

// RemoveAbandoned removes, as far as it can, the files and folders that dead processes have left half-written. Their
// names are prefix, Mark and more. Whether a process of another machine has died cannot be seen, so theirs, and those
// without a mark, stay for a day, by the clock of the file system.
func (o Owner) RemoveAbandoned(prefix string, paths []string) {
	var now time.Time
	for _, path := range paths {
		gone, ours := o.left(strings.TrimPrefix(filepath.Base(path), prefix))
		if !ours {
			info, err := os.Lstat(path)
			if err != nil {
				continue
			}
			if now.IsZero() {
				if now, err = Clock(filepath.Dir(path)); err != nil {
					return // nothing can be removed here either
				}
			}
			gone = now.Sub(info.ModTime()) > abandonedAfter
		}
		if gone {
			_ = os.RemoveAll(path) // it is tried again the next time
		}
	}
}

// left reports whether a name begins with the mark of a dead process, and whether o can tell.
func (o Owner) left(name string) (gone, ours bool) {
	parts := strings.SplitN(name, "-", 4)
	if len(parts) < 4 || parts[0] != o.machine() {
		return false, false
	}
	pid, err := strconv.Atoi(parts[1])
	if err != nil {
		return false, false
	}
	other := o
	other.PID, other.Process = pid, parts[2]
	return other.PID == o.PID && other.Process != o.Process || other.PID != o.PID && !Alive(pid), true
}

// Clock is the time by the clock of the file system that holds a folder: machines that share it may disagree.
func Clock(dir string) (time.Time, error) {
	f, err := os.CreateTemp(dir, ".clock"+temporary+"*") // a name that RemoveLeftovers knows
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the file system for the time: %w", err)
	}
	_, err = f.WriteString("?")
	info, unknown := f.Stat()
	err = errors.Join(err, unknown, f.Close(), os.Remove(f.Name()))
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the file system for the time: %w", err)
	}
	return info.ModTime(), nil
}
