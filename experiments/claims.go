package experiments

import (
	"cmp"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"r2unet/evaluate"
	"r2unet/experiments/claim"
)

// claim takes the job's folder for this process, and says whose it was if that process has died.
func (s *session) claim(j *job) (*claim.Held, error) {
	if err := s.fs.MkdirAll(j.dir); err != nil {
		return nil, fmt.Errorf("make the run's folder: %w", err)
	}
	held, err := s.take(j.dir)
	if err != nil {
		return nil, err
	}
	if from := held.From; from != nil {
		s.log.Info("took over", zap.String("run", j.id), zap.Any("from", from))
		s.reporter.Note(fmt.Sprintf("%s: taken over from %s, which has died or stopped answering; it goes on from its "+
			"newest checkpoint",
			j.run.Title(), from.Owner))
	}
	return held, nil
}

// take claims a run's folder for this process.
func (s *session) take(dir string) (*claim.Held, error) {
	return claim.Take(dir, cmp.Or(s.options.Heartbeat, claim.Every))
}

// release lets others go on with the run.
func (r *runner) release(held *claim.Held, how string) {
	if err := held.Release(how); err != nil && !errors.Is(err, claim.ErrLost) {
		r.session.warn(fmt.Sprintf("%s: %v; other processes wait until the claim is old", r.job.run.Title(), err))
	}
}

// lost ends a run that another process goes on with, or whose folder is gone.
func (r *runner) lost(held *claim.Held, why error) (evaluate.Result, error) {
	if !errors.Is(why, claim.ErrLost) {
		why = claim.ErrLost
	}
	r.log.Warn("lost")
	if r.trainer.Saver != nil {
		_ = r.trainer.Saver.Wait() // what it would write is refused
	}
	_ = held.Release("")
	return evaluate.Result{}, why
}

// goneFrom says that a folder of results was taken away under a process.
func goneFrom(folder string) error {
	return fmt.Errorf("%s: %w, so that what was computed since is lost; put it back, or start again", folder,
		claim.ErrGone)
}
