package experiments

import (
	"encoding/json"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"r2unet/evaluate/record"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// progressEvery is the time between two writes of progress.json, which the board watches.
const progressEvery = time.Second

// saveProgress tells whoever watches the results folder how far the run is. It is lost on a full disk without harm.
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
		err = durable.WriteVolatile(r.fs, filepath.Join(r.dir, progressFile), content)
	}
	if err != nil {
		r.log.Warn("progress could not be written", zap.Error(err))
	}
}
