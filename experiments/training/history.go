package training

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"r2unet/internal/durable"
)

// Epoch is what one epoch of training reached.
type Epoch struct {
	Train      Metrics `json:"train"`      // mean over the epoch's training samples, while the weights changed
	Validation Metrics `json:"validation"` // mean over the validation samples after it
}

// History holds the finished epochs in order.
type History []Epoch

// historyFile is the name of the history in a run's folder.
const historyFile = "history.csv"

// historyColumns are the columns of history.csv.
var historyColumns = []string{
	"epoch",
	"train_loss", "train_mse", "train_accuracy",
	"validation_loss", "validation_mse", "validation_accuracy",
}

// WriteCSV writes a header and one row an epoch, with the shortest decimals that give the same numbers back.
func (h History) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{historyColumns}
	for i, e := range h {
		row := []string{strconv.Itoa(i + 1)}
		for _, v := range []float64{
			e.Train.Loss, e.Train.MSE, e.Train.Accuracy,
			e.Validation.Loss, e.Validation.MSE, e.Validation.Accuracy,
		} {
			row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
		}
		rows = append(rows, row)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// Save puts the history into a run's folder. It is always written whole, out of the state, so that a killed
// and resumed run has each epoch once.
func (h History) Save(fsys durable.FS, dir string) error {
	return durable.WriteFile(fsys, filepath.Join(dir, historyFile), h.WriteCSV)
}
