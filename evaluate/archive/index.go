package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
)

// An Entry is what an index holds of a run: its record without the measures of single images, and its
// progress. It is immutable.
type Entry struct {
	ID       string
	Result   evaluate.Result  // Measures has only the pooled F1, AUC and counts inside the field of view
	Network  string           // Result.NetworkKey
	Progress *record.Progress // nil if there is none
	Problem  string           // why the record cannot be read; "" if it can

	folder, record, progress time.Time // times of their last changes
}

// An Index holds the records of the runs of a large results folder and rereads those that change. It is safe
// for concurrent use.
type Index struct {
	Path string
	Name string // of the folder, i.e. the profile

	refreshing sync.Mutex
	rounds     int

	mu      sync.Mutex
	entries []*Entry
	byID    map[string]*Entry
}

// OpenIndex reads the records of all runs of a results folder.
func OpenIndex(folder string) (*Index, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		absolute = folder
	}
	x := &Index{Path: folder, Name: filepath.Base(absolute), byID: map[string]*Entry{}}
	_, err = x.Refresh()
	return x, err
}

// Index returns the index of the runs that were read. It cannot be refreshed.
func (s *Sweep) Index() *Index {
	x := &Index{Path: s.Path, Name: s.Name, byID: map[string]*Entry{}}
	for _, r := range s.Runs {
		e := &Entry{
			ID: r.ID, Result: r.Result, Network: r.Result.NetworkKey(), Progress: r.Progress,
			Problem: strings.Join(r.Problems, "; "),
		}
		x.entries = append(x.entries, e)
		x.byID[r.ID] = e
	}
	slices.SortFunc(x.entries, func(a, b *Entry) int { return evaluate.CompareResults(&a.Result, &b.Result) })
	return x
}

// Entries returns the runs in the order of tables. The slice must not be modified.
func (x *Index) Entries() []*Entry {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.entries
}

// Has reports whether the folder has a run with an ID.
func (x *Index) Has(id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.byID[id] != nil
}

// looksRound is the number of refreshes until the record of every finished run has been checked. A sweep
// renames its files into place, which changes their folder, so that only edits made by hand take that long to
// appear.
const looksRound = 60

// Refresh rereads the records of runs whose folder changed. It reports whether there were any.
func (x *Index) Refresh() (changed bool, err error) {
	x.refreshing.Lock()
	defer x.refreshing.Unlock()
	root, err := os.OpenRoot(x.Path)
	if err != nil {
		return false, fmt.Errorf("open results: %w", err)
	}
	defer root.Close()
	runs, err := root.OpenRoot(record.RunsFolder)
	if err != nil {
		return false, fmt.Errorf("list runs of %s: %w", x.Path, err)
	}
	defer runs.Close()
	folders, err := fs.ReadDir(runs.FS(), ".")
	if err != nil {
		return false, fmt.Errorf("list runs of %s: %w", x.Path, err)
	}
	folders = slices.DeleteFunc(folders,
		func(e fs.DirEntry) bool { return !e.IsDir() || strings.HasPrefix(e.Name(), ".") })
	x.rounds++
	fresh := make([]*Entry, len(folders))
	var workers sync.WaitGroup
	share := (len(folders) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for start := 0; start < len(folders); start += share {
		workers.Go(func() {
			s := &Sweep{root: runs}
			for i := start; i < min(start+share, len(folders)); i++ {
				id := folders[i].Name()
				if old := x.byID[id]; old != nil && !old.changed(runs, i%looksRound == x.rounds%looksRound) {
					fresh[i] = old
				} else {
					fresh[i] = s.entry(id)
				}
			}
		})
	}
	workers.Wait()
	byID := make(map[string]*Entry, len(fresh))
	for _, e := range fresh {
		changed = changed || x.byID[e.ID] != e
		byID[e.ID] = e
	}
	if !changed && len(byID) == len(x.byID) {
		return false, nil
	}
	slices.SortFunc(fresh, func(a, b *Entry) int { return evaluate.CompareResults(&a.Result, &b.Result) })
	x.mu.Lock()
	defer x.mu.Unlock()
	x.entries, x.byID = fresh, byID
	return true, nil
}

// changed reports whether a run's folder changed since the entry was read. With all, it also checks the
// record of a finished run.
func (e *Entry) changed(runs *os.Root, all bool) bool {
	if modified(runs, e.ID) != e.folder {
		return true
	}
	if !all && e.Result.Status == evaluate.Finished {
		return false
	}
	return modified(runs, path.Join(e.ID, record.RunFile)) != e.record ||
		modified(runs, path.Join(e.ID, record.ProgressFile)) != e.progress
}

// modified returns the time of the last change of a file or folder; the zero time if it does not exist.
func modified(root *os.Root, name string) time.Time {
	info, err := root.Stat(name)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// entry reads a run's record below the folder of runs. It takes the times first, so that a file written
// meanwhile is read again.
func (s *Sweep) entry(id string) *Entry {
	e := &Entry{ID: id, Result: evaluate.Result{RunID: id, Status: evaluate.Pending}, folder: modified(s.root, id)}
	e.record, e.progress = modified(s.root, path.Join(id, record.RunFile)),
		modified(s.root, path.Join(id, record.ProgressFile))
	if err := s.readEntry(e); err != nil {
		e.Problem = err.Error()
	}
	if !e.progress.IsZero() {
		progress := &record.Progress{}
		if found, err := s.readOptional(path.Join(id, record.ProgressFile), progress); err == nil && found {
			e.Progress = progress
		}
	}
	e.Network = e.Result.NetworkKey()
	return e
}

// readEntry decodes the part of run.json that an entry holds and skips the rest, most of it about single
// images.
func (s *Sweep) readEntry(e *Entry) error {
	type plain evaluate.Result
	type scope struct {
		Micro struct {
			measures.Counts
			F1  *float64 `json:"f1"`
			AUC *float64 `json:"auc"`
		} `json:"micro"`
	}
	var read struct {
		Dataset struct {
			Hash string `json:"hash"`
		} `json:"dataset"`
		Result *struct {
			plain
			evaluate.Network
			Measures struct {
				Inside scope `json:"inside"`
				All    scope `json:"all"`
			} `json:"measures"`
		} `json:"result"`
	}
	found, err := s.readPart(path.Join(e.ID, record.RunFile), &read, record.WithoutImages)
	switch {
	case err != nil:
		return err
	case !found:
		return errors.New("no run.json: the run has just begun, or was cut off before it wrote one")
	case read.Result == nil || read.Result.Dataset == "":
		return errors.New(noResult)
	}
	e.Result = evaluate.Result(read.Result.plain)
	if len(e.Result.Facets) == 0 {
		e.Result.Facets = read.Result.Network.Facets()
	}
	e.Result.RunID = e.ID
	if e.Result.DataHash == "" {
		e.Result.DataHash = evaluate.ShortHash(read.Dataset.Hash)
	}
	take := func(into *measures.Scores, from scope) {
		into.Counts = from.Micro.Counts
		into.Set(measures.F1, orNaN(from.Micro.F1))
		into.Set(measures.AUC, orNaN(from.Micro.AUC))
	}
	take(&e.Result.Measures.Inside.Micro, read.Result.Measures.Inside)
	take(&e.Result.Measures.All.Micro, read.Result.Measures.All)
	if e.Result.Status == evaluate.Finished && e.Result.Measures.All.Micro.Total() == 0 {
		e.Result.Status, e.Result.Error = evaluate.Failed, "the record holds no measured pixels"
	}
	return nil
}

// OpenRun reads all files of one run of a results folder.
func OpenRun(folder, id string) (*Sweep, error) {
	s, err := open(folder)
	if err != nil {
		return nil, err
	}
	info, err := s.root.Lstat(path.Join(record.RunsFolder, id))
	if err != nil || !info.IsDir() || id != path.Base(id) || strings.HasPrefix(id, ".") {
		return nil, errors.Join(fmt.Errorf("%s has no run %s", folder, id), s.root.Close())
	}
	r := s.readRun(id)
	r.readCurves(s)
	s.Runs = append(s.Runs, r)
	return s, nil
}

// orNaN returns NaN for nil, which is null in JSON.
func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
