package record

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
)

// An Epoch is a row of history.csv. Missing values are 0 in the columns of the first version and nil in later
// columns; undefined measures are nil too.
type Epoch struct {
	Epoch              int     `json:"epoch"` // from 1
	TrainLoss          float64 `json:"train_loss"`
	TrainMSE           float64 `json:"train_mse"`
	TrainAccuracy      float64 `json:"train_accuracy"`
	ValidationLoss     float64 `json:"validation_loss"`
	ValidationMSE      float64 `json:"validation_mse"`
	ValidationAccuracy float64 `json:"validation_accuracy"`

	LearningRate *float64 `json:"learning_rate,omitempty"` // of the epoch's last update
	// of all validation pixels at threshold 0.5
	ValidationDice        *float64 `json:"validation_dice,omitempty"`
	ValidationSensitivity *float64 `json:"validation_sensitivity,omitempty"` // of the same pixels
}

// A column of history.csv.
type column struct {
	name string
	of   func(*Epoch) *float64  // nil in a later column
	late func(*Epoch) **float64 // of a later column, whose fields may be empty
}

// historyColumns lists the columns of history.csv after the epoch.
var historyColumns = []column{
	{name: "train_loss", of: func(e *Epoch) *float64 { return &e.TrainLoss }},
	{name: "train_mse", of: func(e *Epoch) *float64 { return &e.TrainMSE }},
	{name: "train_accuracy", of: func(e *Epoch) *float64 { return &e.TrainAccuracy }},
	{name: "validation_loss", of: func(e *Epoch) *float64 { return &e.ValidationLoss }},
	{name: "validation_mse", of: func(e *Epoch) *float64 { return &e.ValidationMSE }},
	{name: "validation_accuracy", of: func(e *Epoch) *float64 { return &e.ValidationAccuracy }},
	{name: "learning_rate", late: func(e *Epoch) **float64 { return &e.LearningRate }},
	{name: "validation_dice", late: func(e *Epoch) **float64 { return &e.ValidationDice }},
	{name: "validation_sensitivity", late: func(e *Epoch) **float64 { return &e.ValidationSensitivity }},
}

// text returns the column's field of an epoch.
func (c column) text(e *Epoch) string {
	var v *float64
	if c.of != nil {
		v = c.of(e)
	} else if v = *c.late(e); v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

// parse sets the column's field of an epoch.
func (c column) parse(e *Epoch, text string) error {
	if c.late != nil && text == "" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return err
	case c.of != nil:
		*c.of(e) = v
	case !math.IsNaN(v) && !math.IsInf(v, 0):
		*c.late(e) = &v
	}
	return nil
}

// Columns yields the columns of the epoch after its number that have a value, in the order of history.csv.
func (e *Epoch) Columns() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for _, c := range historyColumns {
			v := math.NaN()
			switch {
			case c.of != nil:
				v = *c.of(e)
			case *c.late(e) != nil:
				v = **c.late(e)
			}
			if !math.IsNaN(v) && !yield(c.name, v) {
				return
			}
		}
	}
}

// WriteHistory writes history.csv: a header and one row per epoch, with the shortest decimals that read back
// as the same numbers.
func WriteHistory(w io.Writer, epochs []Epoch) error {
	header := []string{"epoch"}
	for _, c := range historyColumns {
		header = append(header, c.name)
	}
	rows := [][]string{header}
	for _, e := range epochs {
		row := []string{strconv.Itoa(e.Epoch)}
		for _, c := range historyColumns {
			row = append(row, c.text(&e))
		}
		rows = append(rows, row)
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// ParseHistory reads the rows of history.csv up to the first damaged one: while a run is writing, the last
// row may be incomplete. Unknown columns are ignored.
func ParseHistory(data []byte) ([]Epoch, error) {
	in := csv.NewReader(bytes.NewReader(data))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil // no epoch yet
	}
	if err != nil {
		return nil, fmt.Errorf("history.csv: %w", err)
	}
	if strings.TrimSpace(header[0]) != "epoch" {
		return nil, fmt.Errorf("history.csv: first column is %.40q, want epoch: it was written by another version",
			header[0])
	}
	columns := map[string]column{}
	for _, c := range historyColumns {
		columns[c.name] = c
	}
	var epochs []Epoch
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return epochs, nil
		}
		if err != nil {
			return epochs, fmt.Errorf("history.csv: %w; the epochs before are kept", err)
		}
		var e Epoch
		line, _ := in.FieldPos(0)
		if e.Epoch, err = strconv.Atoi(row[0]); err != nil {
			return epochs, fmt.Errorf("history.csv: line %d: epoch is %.40q, want a whole number; the epochs before "+
				"are kept", line, row[0])
		}
		for i, name := range header[1:] {
			c, known := columns[strings.TrimSpace(name)]
			if !known {
				continue
			}
			if err := c.parse(&e, row[i+1]); err != nil {
				return epochs,
					fmt.Errorf("history.csv: line %d: %.40s is %.40q, want a number; the epochs before are kept",
						line, name, row[i+1])
			}
		}
		epochs = append(epochs, e)
	}
}
