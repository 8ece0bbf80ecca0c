// Package archive reads a sweep's results folder, even while the sweep runs. A file that is missing,
// half-written or of another version is reported as a problem; everything else is still read. Package record
// defines the layout.
package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// A Sweep is a snapshot of a results folder.
type Sweep struct {
	Path     string
	Name     string // of the folder, i.e. the profile
	Runs     []*Run // ordered by ID
	Searches []record.Search
	Problems []string

	Observers []evaluate.Result // second observers, measured like networks

	root *os.Root
}

// A Run is one run's folder.
type Run struct {
	ID          string
	Result      evaluate.Result // Status is Pending if run.json could not be read
	Stopped     int             // epoch after which training was stopped early, from 1; 0 if it was not
	Config      json.RawMessage // the resolved settings
	Versions    json.RawMessage
	Facts       json.RawMessage // of the dataset
	History     []record.Epoch
	Curves      *evaluate.Curves // nil if there are none
	Progress    *record.Progress // nil if there is none
	Predictions []string         // image IDs, ordered
	CurvesLeft  bool             // its curves were not read, as those of MostCurves runs of the network are
	Unread      bool             // run.json holds no result that could be read
	Changed     time.Time        // last change of a file of the run
	Started     time.Time        // of the run's first session; zero where the record does not say
	Written     time.Time        // of its record
	Revision    string           // of the source that computed it, see Program; "" if it is not recorded
	Problems    []string
}

// Open reads a results folder. It fails only if the folder does not exist or does not look like a sweep's;
// all other errors are in Problems. It never reads anything outside the folder, not even through links.
func Open(folder string) (*Sweep, error) {
	s, err := open(folder)
	if err != nil {
		return nil, err
	}
	if err := s.readRuns(); err != nil {
		return nil, errors.Join(err, s.root.Close())
	}
	s.readSearches()
	s.readObservers()
	return s, nil
}

// open opens a results folder without reading its runs.
func open(folder string) (*Sweep, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		absolute = folder
	}
	return &Sweep{Path: folder, Name: filepath.Base(absolute), root: root}, nil
}

// Close closes the folder.
func (s *Sweep) Close() error { return s.root.Close() }

// Results returns the result of every run and of second observers, for tables.
func (s *Sweep) Results() []evaluate.Result {
	results := make([]evaluate.Result, len(s.Runs))
	for i, r := range s.Runs {
		results[i] = r.Result
	}
	return append(results, s.Observers...)
}

// Run returns the run with an ID, or nil.
func (s *Sweep) Run(id string) *Run {
	for _, r := range s.Runs {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// AllProblems lists the problems of the sweep and of each run; those of a run begin with its ID.
func (s *Sweep) AllProblems() []string {
	all := slices.Clone(s.Problems)
	for _, r := range s.Runs {
		for _, p := range r.Problems {
			all = append(all, r.ID+": "+p)
		}
	}
	return all
}

func (s *Sweep) readRuns() error {
	entries, err := fs.ReadDir(s.root.FS(), record.RunsFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no folder runs: want the results folder of one profile, e.g. results/quick", s.Path)
	}
	if err != nil {
		return fmt.Errorf("list runs of %s: %w", s.Path, err)
	}
	entries = slices.DeleteFunc(entries,
		func(e fs.DirEntry) bool { return !e.IsDir() || strings.HasPrefix(e.Name(), ".") })
	s.Runs = make([]*Run, len(entries))
	s.each(func(i int) { s.Runs[i] = s.readRun(entries[i].Name()) })
	read := map[string]int{}
	for _, r := range s.Runs {
		network := r.Result.DatasetLabel() + " " + r.Result.NetworkKey()
		read[network]++
		r.CurvesLeft = read[network] > MostCurves
	}
	s.each(func(i int) {
		if !s.Runs[i].CurvesLeft {
			s.Runs[i].readCurves(s)
		}
	})
	return nil
}

// MostCurves is the number of runs of a network on a dataset whose curves are read. More could not be told apart in a
// figure, and those of ten thousand runs take a gigabyte.
const MostCurves = 50

// each calls a function with the place of each run, several at a time.
func (s *Sweep) each(do func(i int)) {
	var workers sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(s.Runs)); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	workers.Wait()
}

// readCurves reads curves.json.
func (r *Run) readCurves(s *Sweep) {
	curves := &evaluate.Curves{}
	if found, err := s.readOptional(path.Join(record.RunsFolder, r.ID, record.CurvesFile), curves); err != nil {
		r.problem(err)
	} else if found {
		r.Curves = curves
	}
}

// readSearches reads search.json, if there is one.
func (s *Sweep) readSearches() {
	var all []record.Search
	if err := s.readJSON(record.SearchFile, &all); err != nil {
		s.Problems = append(s.Problems, err.Error())
		return
	}
	for _, search := range all {
		if err := search.Check(); err != nil {
			s.Problems = append(s.Problems, fmt.Sprintf("%s: %v", record.SearchFile, err))
			continue
		}
		s.Searches = append(s.Searches, search)
	}
}

func (s *Sweep) readObservers() {
	var all []evaluate.Result
	if _, err := s.readOptional(record.ObserversFile, &all); err != nil {
		s.Problems = append(s.Problems, err.Error())
		return
	}
	s.Observers = slices.DeleteFunc(all, func(r evaluate.Result) bool { return !r.Observer })
}

func (s *Sweep) readRun(id string) *Run {
	r := &Run{ID: id, Result: evaluate.Result{RunID: id, Status: evaluate.Pending}, Unread: true}
	folder := path.Join(record.RunsFolder, id)
	r.readRecord(s, folder)
	r.readTiming(s, path.Join(folder, record.TimingFile))
	progress := &record.Progress{}
	if found, err := s.readOptional(path.Join(folder, record.ProgressFile), progress); err != nil {
		r.problem(err)
	} else if found {
		r.Progress = progress
	}
	r.readHistory(s, path.Join(folder, record.HistoryFile))
	r.Predictions = s.pictures(path.Join(folder, record.PredictionsFolder))
	for _, name := range record.RunFiles() {
		if info, err := s.root.Stat(path.Join(folder, name)); err == nil && info.ModTime().After(r.Changed) {
			r.Changed = info.ModTime()
		}
	}
	return r
}

// readTiming reads timing.json.
func (r *Run) readTiming(s *Sweep, name string) {
	var timing struct {
		Started, Written time.Time
		Revision         string
	}
	r.problem(s.readJSON(name, &r.Result.Cost))
	if s.readJSON(name, &timing) == nil {
		r.Started, r.Written, r.Revision = timing.Started, timing.Written, timing.Revision
	}
}

// Program names the program that computed the run: its version with the revision of its source, or that the latter is
// unknown.
func (r *Run) Program() string {
	var versions struct{ Program, Code string }
	if len(r.Versions) > 0 && json.Unmarshal(r.Versions, &versions) != nil {
		versions.Program = ""
	}
	revision := r.Revision
	if _, built, ok := strings.Cut(versions.Code, " revision "); ok { // the build itself knew
		revision, _, _ = strings.Cut(built, ",")
	}
	if hash, more, _ := strings.Cut(revision, " "); len(hash) > 12 {
		revision = strings.TrimSpace(hash[:12] + " " + more)
	}
	if revision == "" {
		revision = "unknown"
	}
	return strings.TrimSpace(versions.Program + " revision " + revision)
}

// problem records an error.
func (r *Run) problem(err error) {
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
}

// noResult is the problem of a record without a result.
const noResult = `run.json has no "result": it was written by another version; run the sweep again to renew it`

// readRecord reads run.json.
func (r *Run) readRecord(s *Sweep, folder string) {
	var read struct {
		Config   json.RawMessage `json:"config"`
		Versions json.RawMessage `json:"versions"`
		Dataset  json.RawMessage `json:"dataset"`
		Result   json.RawMessage `json:"result"`
		Stopped  int             `json:"stopped_epoch"`
	}
	found, err := s.readOptional(path.Join(folder, record.RunFile), &read)
	if err != nil {
		r.problem(err)
		return
	}
	if !found {
		r.problem(errors.New("no run.json: the run has just begun, or was cut off before it wrote one"))
		return
	}
	r.Config, r.Versions, r.Facts, r.Stopped = read.Config, read.Versions, read.Dataset, read.Stopped
	if len(read.Result) == 0 || string(read.Result) == "null" {
		r.problem(errors.New(noResult))
		return
	}
	var result evaluate.Result
	if err := result.UnmarshalJSON(read.Result); err != nil { // json.Unmarshal would look at it twice more
		r.problem(fmt.Errorf(`run.json: "result" is of another version: %w; run the sweep again to renew it`, err))
		return
	}
	if result.RunID != r.ID {
		if result.RunID != "" {
			r.problem(fmt.Errorf("run.json is that of run %s: the folder was copied or renamed", result.RunID))
		}
		result.RunID = r.ID
	}
	if result.Dataset == "" || len(result.Facets) == 0 && result.Architecture == "" {
		r.problem(errors.New(`run.json: "result" does not say its dataset and network: it was written by another ` +
			`version; run the sweep again to renew it`))
		result.Status = evaluate.Failed
		result.Error = "the record is of another version"
	}
	if result.Status == evaluate.Finished && result.Measures.All.Micro.Total() == 0 {
		r.problem(errors.New("run.json says finished, but holds no measured pixels"))
		result.Status, result.Error = evaluate.Failed, "the record holds no measured pixels"
	}
	var facts struct{ Hash string }
	if result.DataHash == "" && json.Unmarshal(read.Dataset, &facts) == nil {
		result.DataHash = evaluate.ShortHash(facts.Hash) // the only place in records of earlier versions
	}
	r.Result, r.Unread = result, false
}

// readJSON reads a JSON file; a missing file is not an error.
func (s *Sweep) readJSON(name string, into any) error {
	_, err := s.readOptional(name, into)
	return err
}

// readOptional reads a JSON file and reports whether it exists.
func (s *Sweep) readOptional(name string, into any) (found bool, err error) {
	return s.readPart(name, into, func(data []byte) []byte { return data })
}

// readPart is readOptional of the part of a file that a function leaves.
func (s *Sweep) readPart(name string, into any, part func([]byte) []byte) (found bool, err error) {
	data, err := s.read(name, record.LargestRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(data) == 0 {
		return false, fmt.Errorf("%s is empty: half-written", path.Base(name))
	}
	if err := json.Unmarshal(part(data), into); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return false, fmt.Errorf("%s is damaged or half-written: %w at byte %d", path.Base(name), err,
				syntax.Offset)
		}
		return false, fmt.Errorf("%s is of another version: %w", path.Base(name), err)
	}
	return true, nil
}

// read returns the content of a file of the sweep; it fails if the file has more than limit bytes.
func (s *Sweep) read(name string, limit int64) ([]byte, error) {
	info, err := s.root.Stat(name) // before opening: opening a pipe would block until somebody writes to it
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes; a sweep writes at most %d", name, info.Size(), limit)
	}
	file, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}
