package experiments

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/experiments/progress"
)

// ElsewhereError means that another process computes the run. Its exit code is ExitInterrupted: the same command,
// later, finds the run finished or goes on with it.
type ElsewhereError struct {
	Title string // of the run
	Cause error  // says who computes it, or that it was taken over
}

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("%s: %v; nothing was done here: run the same command again later, or let it wait with -wait",
		e.Title, e.Cause)
}

// Unwrap returns the cause.
func (e *ElsewhereError) Unwrap() error { return e.Cause }

// Is makes the exit code that of an interruption.
func (e *ElsewhereError) Is(target error) bool { return target == ErrInterrupted }

// Run runs one run of a profile, in its folder below the results folder, beside any number of others. It begins where
// an earlier process stopped, and does nothing if the run is finished. It writes no tables and no report: Collect does.
// While another process computes the run, it waits for so long, and returns an *ElsewhereError after that.
func Run(ctx context.Context, o Options, w Which, wait time.Duration) error {
	if o.Fresh {
		return inputError(errors.New("-fresh: a single run goes into the newest results folder"))
	}
	if err := checkWritable(o.Out); err != nil {
		return inputError(err)
	}
	o.listing = true // prepare looks at the memory, for this run only
	s, jobs, _, err := beginUnlessStopped(ctx, o)
	if err != nil {
		return err
	}
	defer s.session.device.Close()
	if err := s.checkUnits(); err != nil {
		return err
	}
	j, err := w.find(jobs)
	if err != nil {
		return inputError(err)
	}
	if err := s.session.findFolder(jobs); err != nil {
		return inputError(err)
	}
	s.session.page = nil // of many processes, none publishes a report
	for deadline := time.Now().Add(wait); ; {
		err := s.single(ctx, j)
		var held *claim.HeldError
		if errors.Is(err, claim.ErrGone) || !errors.As(err, &held) && !errors.Is(err, claim.ErrLost) {
			return err
		}
		if time.Now().After(deadline) {
			return &ElsewhereError{j.run.Title(), err}
		}
		if !pause(ctx, lookEvery) {
			return ErrInterrupted
		}
	}
}

// single runs a job unless it is finished.
func (s *sweep) single(ctx context.Context, j *job) error {
	session := s.session
	if found, err := ReadRecord(j.dir); err == nil && found.Result.Status == evaluate.Finished {
		claim.Clear(j.dir)
		fmt.Fprintf(session.options.Stdout, "%s: finished before\n", j.run.Title())
		return nil
	}
	if state, found, err := claim.Look(j.dir); err == nil && found && state.Live {
		return &claim.HeldError{Claim: state.Claim, Age: state.Age}
	}
	if err := s.checkData(ctx, []*job{j}); err != nil {
		return err
	}
	shut, err := session.openRun(j)
	if err != nil {
		return inputError(err)
	}
	defer shut()
	session.log.Info("run", zap.String("run", j.id), zap.String("config", session.options.Config),
		zap.String("data", session.options.Data), zap.String("device", session.device.Describe()),
		zap.Any("versions", currentVersions()))
	session.warnOfData(j.dataset.Facts())
	s.estimate.Plan(j.cost.total())
	told := tellStopping(ctx, session.reporter)
	session.reporter.Begin(1, 1, j.run.Title())
	start := time.Now()
	result, err := s.execute(ctx, j)
	var held *claim.HeldError
	switch {
	case errors.Is(err, claim.ErrGone):
		err = inputError(goneFrom(j.dir))
		session.reporter.End(err.Error())
	case errors.As(err, &held), errors.Is(err, claim.ErrLost):
		session.reporter.End(fmt.Sprintf("%s: %v", j.run.Title(), err))
	case errors.Is(err, ErrInterrupted):
		session.reporter.End(j.run.Title() + ": saved, to be continued")
	case err != nil:
		session.reporter.End(fmt.Sprintf("%s: failed: %v", j.run.Title(), err))
		err = tryAgain(fmt.Errorf("%s: %w", j.run.Title(), err))
	default:
		took := time.Since(start).Round(time.Second)
		session.reporter.End(fmt.Sprintf("%s: %s, in %s", j.run.Title(), result.Summary(), took))
	}
	told()
	return err
}

// openRun checks a run against what is in the results folder, and opens its folder with a log of its own.
func (s *session) openRun(j *job) (shut func(), err error) {
	jobs := []*job{j}
	anew, err := checkSettings(s.folder, jobs, s.options.Data)
	if err == nil {
		err = s.checkEarlierOf([]string{j.id}, jobs)
	}
	if err != nil {
		return nil, err
	}
	if err := s.fs.MkdirAll(filepath.Join(s.folder, record.RunsFolder)); err != nil {
		return nil, fmt.Errorf("make the results folder: %w", err)
	}
	if s.reporter == nil {
		s.reporter = progress.New(s.options.Stdout, 5*time.Second)
	}
	s.log = zap.NewNop()
	for _, r := range anew {
		if err := s.takeOver(r); err != nil {
			return nil, err
		}
	}
	if err := s.fs.MkdirAll(j.dir); err != nil {
		return nil, fmt.Errorf("make the run's folder: %w", err)
	}
	log, closeLog, err := openLog(filepath.Join(j.dir, record.RunLogFile), s.options.Verbose)
	if err != nil {
		return nil, err
	}
	s.log = log
	return func() {
		s.reporter.Close()
		s.reporter = nil
		_ = closeLog()
	}, nil
}
