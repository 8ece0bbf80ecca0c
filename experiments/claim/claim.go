// Package claim keeps two processes, on one machine or on several with a shared folder, from computing the same run. It
// needs no lock of the operating system, which not every shared file system passes on between machines: only that a
// file can be created exclusively and that a rename is atomic, as NFS has both.
//
// A claim is a file claim.N.json in the run's folder, created exclusively. N counts claims: whoever may take over claim
// N creates claim N+1, which succeeds for one of several. The claim with the largest N holds. Who owns which file:
//
//	claim.N.json    the process that created it; it writes its heartbeat there, and marks the claim as ended.
//	                The owner of a later claim removes it.
//	everything else the owner of the claim with the largest N, with run.json having the last word: a run that is
//	                finished needs no claim, belongs to nobody, and is never written again
//
// An owner that finishes its run removes all claims. One that stops otherwise leaves its claim, marked as ended. One
// that was killed leaves a claim without heartbeats: on the same machine it is taken over at once, because the
// process is seen to be gone, and from another machine after Patience heartbeats. An owner that was only suspended
// meanwhile notices before it next renames a file into place (FS), and ends with ErrLost.
//
// A plain sweep claims its results folder in the same way. There, nothing says that all is finished, so an ended claim
// stays: numbers must not begin anew while another process still looks at an old one.
package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Every is the usual time between two heartbeats.
const Every = 10 * time.Second

// Patience is the number of heartbeats that an owner may miss before others take over.
const Patience = 9

// size is that of a claim file in bytes, filled up with spaces: it is overwritten in place and never gets shorter.
const size = 1 << 10

// A Claim is the content of a claim file.
type Claim struct {
	Owner

	Beat  time.Time `json:"beat"`            // of the last heartbeat, by the owner's clock
	Every float64   `json:"every"`           // seconds between two heartbeats
	Ended string    `json:"ended,omitempty"` // how the owner stopped computing, such as "interrupted"; "" = it has not
}

// prefix and suffix of claim files, around their number.
const prefix, suffix = "claim.", ".json"

// file is the path of claim n of a run's folder.
func file(dir string, n int) string { return filepath.Join(dir, prefix+strconv.Itoa(n)+suffix) }

// Is reports whether a file of a run's folder is a claim.
func Is(name string) bool { return number(name) > 0 }

// number is that of a claim file; 0 for other files.
func number(name string) int {
	middle, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSuffix(middle, suffix))
	if err != nil || n < 1 || prefix+strconv.Itoa(n)+suffix != name {
		return 0
	}
	return n
}

// numbers lists the claims of a folder, and the largest of them; 0 if there is none.
func numbers(dir string) (all []int, largest int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, fmt.Errorf("look for claims: %w", err)
	}
	for _, e := range entries {
		if n := number(e.Name()); n > 0 {
			all, largest = append(all, n), max(largest, n)
		}
	}
	return all, largest, nil
}

// read reads a claim, and the time of its last change by the clock of the file system. A claim that is just being
// created has no content yet.
func read(path string) (c Claim, changed time.Time, err error) {
	f, err := os.Open(path) // opening makes NFS look again, which a stat does not
	if err != nil {
		return Claim{}, time.Time{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Claim{}, time.Time{}, err
	}
	content, err := io.ReadAll(io.LimitReader(f, size))
	if err != nil {
		return Claim{}, time.Time{}, err
	}
	if json.Unmarshal(content, &c) != nil {
		c = Claim{}
	}
	return c, info.ModTime(), nil
}

// write fills an open claim file.
func write(f *os.File, c Claim) error {
	content, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if len(content) >= size {
		return fmt.Errorf("a claim has %d bytes; at most %d fit", len(content), size-1)
	}
	content = append(content, bytes.Repeat([]byte(" "), size-1-len(content))...)
	if _, err := f.WriteAt(append(content, '\n'), 0); err != nil {
		return err
	}
	return f.Sync()
}

// Patience is how long a claim stays without heartbeats before others take it over.
func (c Claim) Patience() time.Duration {
	every := time.Duration(c.Every * float64(time.Second))
	if every <= 0 || every > time.Hour {
		every = Every
	}
	return Patience * every
}

// State is what Look finds.
type State struct {
	Claim

	Age  time.Duration // since the last heartbeat; between two machines only as exact as their clocks
	Live bool          // the owner seems to compute
}

// Look returns the claim that holds in a run's folder, and changes nothing; found is false if there is none.
func Look(dir string) (s State, found bool, err error) {
	for range 10 {
		_, n, err := numbers(dir)
		if errors.Is(err, os.ErrNotExist) || err == nil && n == 0 {
			return State{}, false, nil
		}
		if err != nil {
			return State{}, false, err
		}
		c, changed, err := read(file(dir, n))
		if errors.Is(err, os.ErrNotExist) {
			continue // it ended in between
		}
		if err != nil {
			return State{}, false, fmt.Errorf("read a claim: %w", err)
		}
		s = State{Claim: c, Age: max(0, time.Since(changed))}
		s.Live = c.Ended == "" && !c.gone(self()) && s.Age <= c.Patience()
		return s, true, nil
	}
	return State{}, false, nil
}
