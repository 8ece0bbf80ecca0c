package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"r2unet/evaluate/record"
	"r2unet/experiments/progress"
	"r2unet/experiments/training"
	"r2unet/internal/durable"
)

// progressEvery is the interval of writing progress.json, which the board watches.
const progressEvery = time.Second

// Stepped adds the time of a step and shows progress.
func (r *runner) Stepped(s progress.Step) {
	if s.Phase == progress.Train {
		r.timing.TrainSamples += s.Samples
		r.timing.TrainSeconds += s.Took.Seconds()
	}
	r.progress.spent(s.Phase, s.Samples, s.Took)
	u := r.progress.update(s.Phase, s.Number, s.Of)
	epochs := r.job.run.Training.Epochs
	u.Epoch, u.Epochs, u.Loss = min(r.trainer.At.Epoch+1, epochs), epochs, r.trainer.At.Loss()
	r.session.reporter.Update(u)
	r.saveProgress(u)
	if s.Phase == progress.Train {
		r.log.Debug("step", zap.Int("epoch", u.Epoch), zap.Int("step", s.Number), zap.Float64("loss", u.Loss),
			zap.Float64("samples_per_second", u.SamplesPerSecond))
	}
}

// saveProgress writes progress.json for viewers of the results folder. Failing to write it is harmless.
func (r *runner) saveProgress(u progress.Update) {
	if time.Since(r.progressSaved) < progressEvery {
		return
	}
	r.progressSaved = time.Now()
	content, err := json.Marshal(record.Progress{
		Phase: string(u.Phase), Epoch: u.Epoch, Epochs: u.Epochs, Step: u.Step, Steps: u.Steps,
		Loss: u.Loss, SamplesPerSecond: u.SamplesPerSecond, SecondsLeft: max(0, u.RunLeft.Seconds()),
	})
	if err == nil {
		err = durable.WriteVolatile(r.fs, filepath.Join(r.job.dir, record.ProgressFile), content)
	}
	if err != nil {
		r.log.Warn("progress could not be written", zap.Error(err))
	}
}

// EpochEnded writes history and timing, and the report if it is old. What cannot be written now is written after a
// later epoch, at the latest before testing.
func (r *runner) EpochEnded(h training.History) {
	e := h[len(h)-1]
	r.log.Info("epoch", zap.Int("epoch", len(h)), zap.Any("train", e.Train), zap.Any("validation", e.Validation))
	if err := errors.Join(h.Save(r.fs, r.job.dir), r.saveTiming()); err != nil {
		r.session.warn(fmt.Sprintf("training goes on: %v", err))
	}
	if blank := h.Blank(); blank != "" && h[:len(h)-1].Blank() == "" {
		r.session.warn(fmt.Sprintf("%s: after epoch %d all pixels of the validation samples are predicted to be "+
			"%s, as after "+
			"the epoch before; see docs/training.md", r.job.run.Title(), len(h), blank))
	}
	r.session.refreshReport()
}
