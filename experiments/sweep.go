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
	// AnyKernels goes on with runs that were begun under other kernels, such as AVX2 instead of AVX-512.
	AnyKernels bool
	Verbose    bool // log every step

	Memory  int64            // bytes that a run may take; 0 = what the device has left
	Workers int              // goroutines that prepare samples; 0 = half as many as processors. It changes no result
	Stdout  io.Writer        // progress, plan and tables
	Now     func() time.Time `json:"-"` // the clock of checkpoints and timing.json; nil = the machine's

	fs durable.FS // nil = the machine's
}

// sweep is a sweep in progress.
type sweep struct {
	options   Options
	fs        durable.FS
	device    device.Device
	whyDevice string // why it was taken, where the user left the choice
	// deviceKind is what the identity of runs says of the device.
	deviceKind string
	opened     map[opening]*datasets.Dataset
	warned     map[string]bool // what was said about the data
	slow       map[string]bool // kinds of calls that were said to have no kernel
	file       *matrix.File
	profile    matrix.Profile
	folder     string // of the profile's results
	log        *zap.Logger
	reporter   progress.Reporter
	estimate   progress.Estimate
	workers    int           // goroutines that prepare samples
	saveEvery  time.Duration // between two checkpoints inside an epoch
	timeBoth   bool          // time testing in both protocols
	page       *report.Builder
	// footprints are those of runs, measured once for each network and size.
	footprints map[needs]footprint
	free       int64     // bytes that a run may take, when the sweep began; 0 = not known
	reported   time.Time // when the report was last written
}

// Sweep runs every run of a profile that is not finished yet, and writes the tables. A run that fails does not stop the others.
// The error says how it ended; ExitCode makes it an exit code.
func Sweep(ctx context.Context, o Options) error {
	s, jobs, all, err := beginUnlessStopped(ctx, o)
	if err != nil {
		return err
	}
	defer s.device.Close()
	if err := s.checkData(ctx, jobs); err != nil {
		return err
	}
	if o.Plan { // after all that refuses a sweep
		if err := s.findFolder(all); err != nil {
			return inputError(err)
		}
		if _, err := checkSettings(s.folder, all, s.options.Data); err != nil {
			return inputError(err)
		}
		if err := s.checkEarlier(all); err != nil {
			return inputError(err)
		}
		return s.printPlan(ctx, jobs)
	}
	unlock, err := s.openFolder(all)
	if err != nil {
		return inputError(err)
	}
	defer unlock()
	s.announce(jobs)
	told := tellStopping(ctx, s.reporter)
	failed, err := s.runAll(ctx, jobs)
	told()
	s.reporter.Close()
	if err != nil {
		return err // who asked to stop does not want to wait for tables and figures
	}
	if err := s.finish(); err != nil {
		return tryAgain(err)
	}
	if failed > 0 {
		return &FailedError{failed, len(jobs)}
	}
	return nil
}

// tellStopping has the user told as soon as the context ends. The function it returns waits for that, or takes it back.
func tellStopping(ctx context.Context, r progress.Reporter) (end func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		r.Stopping()
	})
	return func() {
		if !stop() {
			<-done
		}
	}
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
	s.log.Info("sweep", zap.String("profile", s.options.Profile), zap.String("config", s.options.Config), zap.String("data", s.options.Data),
		zap.String("device", s.device.Describe()), zap.Int("runs", len(jobs)), zap.Any("versions", currentVersions()))
	seen := map[*datasets.Dataset]bool{}
	for _, j := range jobs {
		if !seen[j.dataset] {
			seen[j.dataset] = true
			s.warnOfData(j.dataset.Facts())
		}
	}
	if !s.published() {
		s.refreshReport()
	}
}

// warnOfData tells what makes results on a dataset doubtful, each warning once a sweep.
func (s *sweep) warnOfData(f datasets.Facts) {
	for _, w := range f.Warnings {
		text := f.Name + ": " + w
		if !s.warned[text] {
			s.warned[text] = true
			s.warn(text)
		}
	}
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
		record, err := ReadRecord(j.dir)
		if err == nil && record.Result.Status == evaluate.Finished {
			done, records = append(done, j), append(records, record)
			continue
		}
		if err != nil && !os.IsNotExist(err) {
			s.warn(fmt.Sprintf("%s: damaged: %v; the run goes on from its newest sound checkpoint", j.run.Title(), err))
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
			s.reporter.End(fmt.Sprintf("%s: %s, in %s", j.run.Title(), result.Summary(), time.Since(start).Round(time.Second)))
		}
	}
	return failed, nil
}

// sayFinished says which runs were finished before, and where that was by other code or under other kernels than there are now.
func (s *sweep) sayFinished(jobs []*job, records []Record) {
	var others, kernels []string
	for i, record := range records {
		s.reporter.Note(jobs[i].run.Title() + ": finished before")
		if k := record.Result.Kernels; k != "" && k != s.device.Arithmetic() {
			kernels = append(kernels, k)
		}
		if record.Versions.Code != currentCode() {
			others = append(others, record.Versions.Code)
		}
	}
	if len(others) > 0 {
		s.warn(fmt.Sprintf("%d finished runs are of other code (%s) than runs now (%s); -fresh begins a new results folder",
			len(others), strings.Join(slices.Compact(others), ", "), currentCode()))
	}
	if len(kernels) > 0 {
		s.warn(fmt.Sprintf("%d finished runs were computed under other kernels (%s) than there are now (%s), and their last digits differ; tables mark their rows, -fresh begins a new results folder",
			len(kernels), strings.Join(slices.Compact(kernels), ", "), s.device.Arithmetic()))
	}
}

// finish writes the tables of everything that the folder holds of this profile, and prints those that have rows of ours. A figure that
// cannot be drawn costs a warning, one that the disk does not take is an error. Where nothing has changed since, nothing is made again.
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
	tables, err := evaluate.Tables(results)
	if err != nil {
		return err
	}
	if s.published() {
		return printTables(s.options.Stdout, tables, s.folder)
	}
	if err := saveTables(s.fs, s.folder, tables); err != nil {
		return err
	}
	var unwritten error
	complete := true
	for _, publish := range []func() error{s.publishFigures, s.publishReport} {
		err := publish()
		if durable.MachineFailed(err) {
			unwritten = errors.Join(unwritten, err)
		} else if err != nil {
			s.warn(err.Error())
		}
		complete = complete && err == nil
	}
	if complete {
		s.keepStamp()
	}
	return errors.Join(printTables(s.options.Stdout, tables, s.folder), unwritten)
}

// warn tells the user and the log about something that does not stop the sweep.
func (s *sweep) warn(text string) {
	s.log.Warn(text)
	s.reporter.Note("warning: " + text)
}
