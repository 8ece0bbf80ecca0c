// Package experiments turns experiments.toml into trained networks and comparison tables. Sweep is the whole of it, to be read
// from top to bottom; package matrix expands the file into runs, execute (run.go) carries out one run, and package training has
// the training loop.
package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/report"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/device"
	"r2unet/internal/device/choose"
	"r2unet/internal/device/cuda"
	"r2unet/internal/durable"
)

// Options are what a user chooses for a sweep.
type Options struct {
	Config    string // the TOML file
	Profile   string // a [profile.NAME] of it
	Data      string // folder with the datasets; "" = none, every dataset is drawn
	Out       string // folder for results
	Only      string // selection of runs, such as "dataset=DRIVE,t=2"; "" = all
	Device    string // kind of device: "auto", "cpu", "cuda", "ref"
	Threads   int    // of the cpu device; 0 = as many as the process may use
	GPU       int    // number of the GPU of the cuda device
	Precision string // of convolutions on the cuda device: "fp32" or "tf32"
	Seed      uint64 // of experiments that name no seeds
	Plan      bool   // say what would be run, and run nothing
	Fresh     bool   // begin a new results folder
	Verbose   bool   // log every step

	Memory int64      // bytes that a run may take; 0 = what the machine has left
	Stdout io.Writer  // progress, plan and tables
	FS     durable.FS // nil = the machine's

	Now func() time.Time `json:"-"` // the clock of checkpoints and timing.json; nil = the machine's
}

// threshold is the probability from which on a pixel counts as foreground.
const threshold = 0.5

// sweep is a sweep in progress.
type sweep struct {
	options   Options
	fs        durable.FS
	device    device.Device
	whyDevice string // why it was taken, where the user left the choice
	opened    map[opening]*datasets.Dataset
	folder    string // of the profile's results
	log       *zap.Logger
	reporter  progress.Reporter
	estimate  progress.Estimate
	workers   int           // goroutines that prepare samples
	saveEvery time.Duration // between two checkpoints inside an epoch
	timeBoth  bool          // time testing in both protocols
	page      *report.Builder
	reported  time.Time // when the report was last written
}

// Sweep runs every run of a profile that is not finished yet, and writes the tables. A run that fails does not stop the others.
// The error says how it ended; ExitCode makes it an exit code.
func Sweep(ctx context.Context, o Options) error {
	s, jobs, all, err := beginUnlessStopped(ctx, o)
	if err != nil {
		return err
	}
	defer s.device.Close()
	if o.Plan {
		return s.printPlan(ctx, jobs)
	}
	if err := s.checkData(ctx, jobs); err != nil {
		return err
	}
	unlock, err := s.openFolder(all)
	if err != nil {
		return &InputError{err}
	}
	defer unlock()
	s.announce(jobs)
	failed, err := s.runAll(ctx, jobs)
	s.reporter.Close()
	if err != nil {
		return err // who asked to stop does not want to wait for tables and figures
	}
	if err := s.finish(); err != nil {
		return err
	}
	if failed > 0 {
		return &FailedError{failed, len(jobs)}
	}
	return nil
}

// beginUnlessStopped is begin, but returns as soon as the context ends: hashing and drawing datasets can take a while and has nothing
// to save. What is left of it ends with the program.
func beginUnlessStopped(ctx context.Context, o Options) (s *sweep, selected, all []*job, err error) {
	type beginning struct {
		sweep         *sweep
		selected, all []*job
		err           error
	}
	begun := make(chan beginning, 1)
	go func() {
		var b beginning
		b.sweep, b.selected, b.all, b.err = begin(ctx, o)
		begun <- b
	}()
	select {
	case b := <-begun:
		if b.err != nil && ctx.Err() == nil {
			return nil, nil, nil, &InputError{b.err}
		}
		if b.err != nil {
			return nil, nil, nil, ErrInterrupted
		}
		return b.sweep, b.selected, b.all, nil
	case <-ctx.Done():
		return nil, nil, nil, ErrInterrupted
	}
}

// begin reads the matrix, opens device and datasets, and expands the runs: those that are selected, and all of the profile.
func begin(ctx context.Context, o Options) (s *sweep, selected, all []*job, err error) {
	file, err := matrix.Load(o.Config)
	if err != nil {
		return nil, nil, nil, err
	}
	profile, err := file.Profile(o.Profile)
	if err != nil {
		return nil, nil, nil, err
	}
	selection, err := matrix.ParseSelection(o.Only)
	if err != nil {
		return nil, nil, nil, err
	}
	s = &sweep{
		options: o, fs: o.FS, opened: map[opening]*datasets.Dataset{},
		workers:   max(1, runtime.GOMAXPROCS(0)/2),
		saveEvery: time.Minute,
		timeBoth:  profile.TimeBoth,
		page:      report.NewBuilder(),
	}
	if s.fs == nil {
		s.fs = durable.OS
	}
	if s.options.Now == nil {
		s.options.Now = time.Now
	}
	if profile.SaveSeconds > 0 {
		s.saveEvery = time.Duration(profile.SaveSeconds * float64(time.Second))
	}
	if err := checkFolder(o.Data); err != nil {
		return nil, nil, nil, err
	}
	precision := cuda.Precision(o.Precision)
	if precision != "" && precision != cuda.FP32 && precision != cuda.TF32 {
		return nil, nil, nil, fmt.Errorf("-precision %s: must be %s or %s", precision, cuda.FP32, cuda.TF32)
	}
	if s.device, s.whyDevice, err = choose.Open(o.Device, choose.Options{Threads: o.Threads, GPU: o.GPU, Precision: precision}); err != nil {
		return nil, nil, nil, err
	}
	if all, err = s.expand(ctx, file, profile, selection); err == nil {
		selected, err = pick(all, selection)
	}
	if err != nil {
		s.device.Close()
		return nil, nil, nil, err
	}
	return s, selected, all, nil
}

// checkFolder reports a data folder that is asked for and is not there: to draw phantoms instead would be a surprise.
func checkFolder(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("-data: %w; leave the flag out to draw phantoms", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("-data: %s is no folder", path)
	}
	return nil
}

// pick keeps the selected jobs.
func pick(all []*job, selection matrix.Selection) ([]*job, error) {
	var runs []matrix.Run
	for _, j := range all {
		runs = append(runs, j.run)
	}
	if err := selection.Check(runs); err != nil {
		return nil, err
	}
	var selected []*job
	for _, j := range all {
		if selection.Match(j.run) {
			selected = append(selected, j)
		}
	}
	if len(selected) == 0 {
		return nil, errors.New("-only: no run meets all conditions at once")
	}
	return selected, nil
}

// openFolder makes, locks and checks the results folder.
func (s *sweep) openFolder(jobs []*job) (close func(), err error) {
	if s.folder, err = sweepFolder(s.options.Out, s.options.Profile, s.options.Fresh); err != nil {
		return nil, err
	}
	if err := s.fs.MkdirAll(filepath.Join(s.folder, runsFolder)); err != nil {
		return nil, fmt.Errorf("make the results folder: %w", err)
	}
	lock, err := acquire(s.folder)
	if err != nil {
		return nil, err
	}
	log, closeLog, err := openLog(s.folder, s.options.Verbose)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	s.log = log
	close = func() {
		closeLog()
		lock.release()
	}
	var runs []matrix.Run
	for _, j := range jobs {
		j.dir = filepath.Join(s.folder, runsFolder, j.id)
		runs = append(runs, j.run)
	}
	if err := checkSettings(s.folder, runs, s.options.Data); err != nil {
		close()
		return nil, err
	}
	if err := durable.RemoveLeftovers(s.fs, s.folder); err != nil {
		close()
		return nil, err
	}
	s.reporter = progress.New(s.options.Stdout, 5*time.Second)
	return close, nil
}

// announce says what is going to happen, and publishes the report of what is there already.
func (s *sweep) announce(jobs []*job) {
	fmt.Fprintf(s.options.Stdout, "%d runs on %s; results in %s\n", len(jobs), s.device.Describe(), s.folder)
	if s.whyDevice != "" {
		fmt.Fprintln(s.options.Stdout, s.whyDevice)
	}
	if names := phantoms(jobs); len(names) > 0 {
		fmt.Fprintf(s.options.Stdout, "not in the data folder, so drawn as phantoms: %s; every row about them says so\n", strings.Join(names, ", "))
	}
	s.log.Info("sweep", zap.String("profile", s.options.Profile), zap.String("config", s.options.Config),
		zap.String("device", s.device.Describe()), zap.Int("runs", len(jobs)), zap.Any("versions", currentVersions()))
	s.refreshReport()
}

// phantoms names the drawn datasets of jobs.
func phantoms(jobs []*job) []string {
	var names []string
	for _, j := range jobs {
		if name := j.run.Dataset.Name; j.run.Phantom && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// runAll carries out the jobs in order and counts those that fail. It stops early only where the context ends.
func (s *sweep) runAll(ctx context.Context, jobs []*job) (failed int, err error) {
	var todo, done []*job
	var records []Record
	for _, j := range jobs {
		if record, err := ReadRecord(j.dir); err == nil && record.Result.Status == evaluate.Finished {
			done, records = append(done, j), append(records, record)
			continue
		}
		todo = append(todo, j)
		s.estimate.Plan(j.cost.total())
	}
	s.sayFinished(done, records)
	for i, j := range todo {
		s.reporter.Begin(i+1, len(todo), j.run.Title())
		start := time.Now()
		result, err := s.execute(ctx, j)
		if errors.Is(err, ErrInterrupted) {
			s.reporter.End(j.run.Title() + ": saved, to be continued")
			return failed, err
		}
		s.refreshReport()
		switch {
		case err != nil:
			failed++
			s.reporter.End(fmt.Sprintf("%s: failed: %v", j.run.Title(), err))
		default:
			m := result.Measures.Inside.Micro
			s.reporter.End(fmt.Sprintf("%s: AUC %.4f, F1 %.4f inside the FOV, in %s", j.run.Title(), m.AUC, m.F1, time.Since(start).Round(time.Second)))
		}
	}
	return failed, nil
}

// sayFinished says which runs were finished before, and where that was on other data or by other code than there is now.
func (s *sweep) sayFinished(jobs []*job, records []Record) {
	var others []string
	for i, record := range records {
		title := jobs[i].run.Title()
		if record.Dataset.Hash != jobs[i].dataset.Facts().Hash {
			s.warn(fmt.Sprintf("%s: finished before, on other files than %s has now; -fresh begins a new results folder", title, record.Config.Dataset.Name))
			continue
		}
		s.reporter.Note(title + ": finished before")
		if record.Versions.Code != currentCode() {
			others = append(others, record.Versions.Code)
		}
	}
	if len(others) > 0 {
		s.warn(fmt.Sprintf("%d finished runs are of other code (%s) than runs now (%s); -fresh begins a new results folder",
			len(others), strings.Join(slices.Compact(others), ", "), currentCode()))
	}
}

// finish writes the tables of everything that the folder holds of this profile, and prints those that have rows of ours.
func (s *sweep) finish() error {
	var results []evaluate.Result
	runs, err := os.ReadDir(filepath.Join(s.folder, runsFolder))
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("list the runs: %w", err)
	}
	for _, run := range runs {
		record, err := ReadRecord(filepath.Join(s.folder, runsFolder, run.Name()))
		switch {
		case err == nil:
			results = append(results, record.Result)
		case !os.IsNotExist(err):
			s.warn(err.Error())
		}
	}
	if len(results) == 0 {
		return nil
	}
	tables, err := makeTables(results)
	if err != nil {
		return err
	}
	if err := saveTables(s.fs, s.folder, tables); err != nil {
		return err
	}
	for _, publish := range []func() error{s.publishFigures, s.publishReport} {
		if err := publish(); err != nil {
			s.warn(err.Error())
		}
	}
	return printTables(s.options.Stdout, tables, s.folder)
}

// warn tells the user and the log about something that does not stop the sweep.
func (s *sweep) warn(text string) {
	s.log.Warn(text)
	s.reporter.Note("warning: " + text)
}
