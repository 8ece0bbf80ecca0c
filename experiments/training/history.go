package training

import (
	"io"
	"math"
	"path/filepath"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// Epoch holds the metrics of one finished epoch.
type Epoch struct {
	Train      Metrics `json:"train"`      // mean over the epoch's training samples, while the weights changed
	Validation Metrics `json:"validation"` // mean over the validation samples after it

	// Older checkpoints have neither.
	Rate   float64          `json:"rate,omitempty"`   // learning rate of its last update
	Counts *measures.Counts `json:"counts,omitempty"` // of validation pixels, see tally

	Selected *float64 `json:"selected,omitempty"` // the measure that selects an epoch; nil = none, undefined
}

// History holds the finished epochs in order.
type History []Epoch

// rows returns the rows of history.csv.
func (h History) rows() []record.Epoch {
	rows := make([]record.Epoch, len(h))
	for i, e := range h {
		rows[i] = record.Epoch{
			Epoch:     i + 1,
			TrainLoss: e.Train.Loss, TrainMSE: e.Train.MSE, TrainAccuracy: e.Train.Accuracy,
			ValidationLoss: e.Validation.Loss, ValidationMSE: e.Validation.MSE,
			ValidationAccuracy: e.Validation.Accuracy,
		}
		if e.Counts != nil {
			rows[i].LearningRate = defined(e.Rate)
			rows[i].ValidationDice = defined(measures.F1.Counts(*e.Counts))
			rows[i].ValidationSensitivity = defined(measures.Sensitivity.Counts(*e.Counts))
		}
	}
	return rows
}

// defined returns a pointer to a value, nil if it is not a number.
func defined(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// Save writes history.csv into a run's folder. It is always rewritten as a whole from the state, so that a killed and
// resumed run has each epoch once.
func (h History) Save(fsys durable.FS, dir string) error {
	return durable.WriteFile(fsys, filepath.Join(dir, record.HistoryFile),
		func(w io.Writer) error { return record.WriteHistory(w, h.rows()) })
}
