// Package experiments turns experiments.toml into trained networks and comparison tables. Sweep is the entry point: a
// session (session.go) opens the device and the results folder, package matrix expands the file into runs, execute
// (run.go) runs one of them, and package training has the training loop.
package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// Options are the user's options of a sweep.
type Options struct {
	Config    string // the TOML file
	Text      string // its content, where it is not to be read; "" = read it
	Profile   string // a [profile.NAME] of it; "" = its only one, or else "quick"
	Data      string // folder with the datasets; "" = none, every dataset is drawn
	Out       string // folder for results
	Only      string // selection of runs, such as "dataset=DRIVE,t=2"; "" = all
	Device    string // kind of device: "auto", "cpu", "cuda", "ref"
	Threads   int    // of the cpu device; 0 = as many as the process may use
	GPU       int    // number of the GPU of the cuda device
	Precision string // of convolutions: "fp32", "tf32" (cuda) or "bf16" (cpu); "" = the profile's
	Seed      uint64 // of experiments that name no seeds
	Plan      bool   // only print what would run
	Fresh     bool   // begin a new results folder
	// AnyKernels resumes runs that were begun under other kernels, such as AVX2 instead of AVX-512.
	AnyKernels bool
	Verbose    bool // log every step

	// Heartbeat is the time between two signs of life for other processes that look at the same run; 0 = 10 s.
	Heartbeat time.Duration

	Beside Beside `json:"-"` // how several runs are computed at once; the zero value = one after the other

	Memory  int64            // bytes that a run may take; 0 = the device's free memory
	Workers int              // goroutines that prepare samples; 0 = half as many as processors. It changes no result
	Stdout  io.Writer        // progress, plan and tables
	Now     func() time.Time `json:"-"` // the clock of checkpoints and timing.json; nil = the machine's

	fs      durable.FS // nil = the machine's
	listing bool       // only lists runs, which may be computed by machines with more memory
}

// sweep is the runs of a profile in a session.
type sweep struct {
	session  *session
	file     *matrix.File
	profile  matrix.Profile
	opened   map[opening]*datasets.Dataset
	networks map[string]network
	settings settings
	estimate progress.Estimate
}

// Sweep runs every unfinished run of a profile and writes the tables. A failed run does not stop the others. ExitCode
// returns the exit code for the error.
func Sweep(ctx context.Context, o Options) error {
	if !o.Plan {
		if err := checkWritable(o.Out); err != nil {
			return inputError(err)
		}
	}
	s, jobs, all, err := beginUnlessStopped(ctx, o)
	if err != nil {
		return err
	}
	defer s.session.device.Close()
	if err := s.checkBeside(); err != nil {
		return err
	}
	if err := s.checkData(ctx, jobs); err != nil {
		return err
	}
	session := s.session
	if o.Plan { // after all checks of a sweep
		if err := session.checkFolder(all); err != nil {
			return inputError(err)
		}
		if err := s.checkSearches(jobs); err != nil {
			return err
		}
		session.noteWarnings(jobs)
		return session.printPlan(ctx, jobs, s.profile.Search)
	}
	ctx, unlock, err := session.openFolder(ctx, all)
	if errors.Is(err, ErrInterrupted) {
		return err
	}
	if err != nil {
		return inputError(err)
	}
	defer unlock()
	if err := s.checkSearches(jobs); err != nil {
		return err
	}
	session.announce(jobs, s.profile.Search)
	if err := s.measureObservers(ctx, jobs); err != nil { // while the data are there
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		session.warn(err.Error())
	}
	told := tellStopping(ctx, session.reporter)
	defer told() // before the folder is given back, also where the program panics
	runAll := s.runAll
	switch {
	case s.profile.Search != nil:
		runAll = s.searchAll
	case o.Beside.Jobs > 1:
		runAll = s.runBeside
	}
	failed, err := runAll(ctx, jobs)
	told()
	session.reporter.Close()
	if err := context.Cause(ctx); errors.Is(err, claim.ErrGone) {
		return inputError(goneFrom(session.folder))
	}
	if errors.Is(context.Cause(ctx), claim.ErrLost) {
		return fmt.Errorf("%s: %w; %w", session.folder, claim.ErrLost, ErrInterrupted)
	}
	if err != nil {
		return err // a stopped sweep does not wait for tables and figures
	}
	if err := session.finish(); err != nil {
		return tryAgain(err)
	}
	if failed > 0 {
		return &FailedError{failed, len(jobs)}
	}
	return nil
}

// runAll runs the jobs in order and counts failures. It only stops early if the context ends. Runs that other processes
// compute are left to them, and waited for.
func (s *sweep) runAll(ctx context.Context, jobs []*job) (failed int, err error) {
	todo := s.unfinished(jobs)
	for _, j := range todo {
		s.estimate.Plan(j.cost.total())
	}
	number, total, told := 0, len(todo), map[*job]bool{}
	for len(todo) > 0 {
		var elsewhere []*job
		for _, j := range todo {
			if state, found, err := claim.Look(j.dir); err == nil && found && state.Live {
				if elsewhere = append(elsewhere, j); !told[j] {
					told[j] = true
					s.session.reporter.Note(fmt.Sprintf("%s: %s computes it; it is looked at again later",
						j.run.Title(), state.Owner))
				}
				continue
			}
			number = min(number+1, total)
			s.session.reporter.Begin(number, total, j.run.Title())
			start := time.Now()
			result, err := s.execute(ctx, j)
			var held *claim.HeldError
			switch {
			case errors.As(err, &held), errors.Is(err, claim.ErrLost):
				s.session.reporter.End(fmt.Sprintf("%s: %v", j.run.Title(), err))
				elsewhere = append(elsewhere, j)
				number--
				continue
			case errors.Is(err, ErrInterrupted):
				s.session.reporter.End(j.run.Title() + ": saved, to be continued")
				return failed, err
			case err != nil:
				failed++
				s.session.reporter.End(fmt.Sprintf("%s: failed: %v", j.run.Title(), err))
			default:
				took := time.Since(start).Round(time.Second)
				s.session.reporter.End(fmt.Sprintf("%s: %s, in %s", j.run.Title(), result.Summary(), took))
			}
			s.session.refreshReport()
		}
		if todo = elsewhere; len(todo) > 0 && !pause(ctx, lookEvery) {
			return failed, ErrInterrupted
		}
	}
	return failed, nil
}

// unfinished reports the runs that are finished, and returns the others.
func (s *sweep) unfinished(jobs []*job) (todo []*job) {
	var done []*job
	var records []Record
	for _, j := range jobs {
		found, err := ReadRecord(j.dir)
		if err == nil && found.Result.Status == evaluate.Finished {
			if damage := cutOff(j.dir, found, false); damage != "" {
				s.session.damaged[j.id] = true
				s.session.warn(fmt.Sprintf("%s: finished, but %s; copy the run again, or remove %s and start again, "+
					"which goes on from what is left", j.run.Title(), damage, filepath.Join(j.dir, record.RunFile)))
			}
			claim.Clear(j.dir)
			done, records = append(done, j), append(records, found)
			continue
		}
		if err != nil && !os.IsNotExist(err) {
			s.session.warn(fmt.Sprintf("%s: damaged: %v; the run goes on from its newest sound checkpoint",
				j.run.Title(), err))
		}
		todo = append(todo, j)
	}
	s.session.sayFinished(done, records)
	return todo
}

// lookEvery is the time between two looks at runs that other processes compute.
const lookEvery = 2 * time.Second

// pause waits, and reports whether the context has not ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
