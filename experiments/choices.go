package experiments

import (
	"fmt"

	"r2unet/evaluate"
	"r2unet/experiments/matrix"
)

// choices says, for the run's row, what was chosen by validation and how.
func (r *runner) choices() []string {
	var notes []string
	if hash := r.job.run.Training.InitHash; hash != "" {
		note := "trained from the weights of a file, SHA-256 " + evaluate.ShortHash(hash)
		if frozen := r.job.run.Training.Freeze; frozen != "" {
			note += ", the " + frozen + " frozen"
		}
		notes = append(notes, note)
	}
	settings, at := r.job.run.Training, r.trainer.At
	by := "the smallest validation loss"
	if m := settings.Selected(); m != nil {
		extreme := "largest"
		if m.LowerIsBetter {
			extreme = "smallest"
		}
		by = fmt.Sprintf("the %s %s of validation samples", extreme, m.Name)
		switch {
		case at.Best.Epoch == 0:
		case at.Best.Measure == nil:
			by = fmt.Sprintf("the smallest validation loss, as every epoch leaves the %s of validation samples "+
				"undefined",
				m.Name)
		default:
			by += fmt.Sprintf(" (%.4g)", *at.Best.Measure)
		}
	}
	if r.testedEpoch > 0 {
		verb := "tested"
		if settings.Assess != "" {
			verb = "measured"
		}
		notes = append(notes, fmt.Sprintf("%s with the weights of epoch %d of %d, which had %s",
			verb, r.testedEpoch, settings.Epochs, by))
	}
	if r.trainer.Pruned() {
		notes = append(notes, fmt.Sprintf("stopped by its search after epoch %d of %d", at.Epoch, settings.Epochs))
	} else if stopped := r.stoppedEpoch(); stopped > 0 {
		notes = append(notes, fmt.Sprintf("stopped after epoch %d of %d: epoch %d has %s, and patience is %d",
			stopped, settings.Epochs, at.Best.Epoch, by, settings.Patience))
	}
	if c := r.calibration; c != nil {
		note := fmt.Sprintf("probabilities at temperature %g, whose cross-entropy is the smallest (%.4f instead of "+
			"%.4f a pixel) on %d validation images", c.Temperature, c.Loss, c.LossBefore, len(c.Images))
		if settings.Assess == matrix.AssessValidation {
			note += ", the ones that are measured, so MSE and ECE are optimistic"
		}
		notes = append(notes, note)
	}
	if c := r.choice; c != nil {
		note := fmt.Sprintf("threshold %g has the largest F1 (%.4f) on %s",
			c.Threshold, c.F1, several(len(c.Images), c.From+" image"))
		if settings.Assess == matrix.AssessValidation && c.From == matrix.ThresholdValidation {
			note += ", the ones that are measured, so measures at the threshold are optimistic"
		}
		notes = append(notes, note)
	}
	if settings.Average > 0 {
		notes = append(notes, fmt.Sprintf("with a moving average of weights, decay %g", settings.Average))
	}
	return notes
}

// stoppedEpoch returns the epoch after which training was stopped early; 0 if it was not.
func (r *runner) stoppedEpoch() int {
	at, settings := r.trainer.At, r.job.run.Training
	if at.Epoch < settings.Epochs && at.OutOfPatience(settings) || r.trainer.Pruned() {
		return at.Epoch
	}
	return 0
}
