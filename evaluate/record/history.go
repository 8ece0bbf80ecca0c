package record

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// An Epoch is a row of history.csv. What a row does not have is 0.
type Epoch struct {
	Epoch              int     `json:"epoch"` // from 1
	TrainLoss          float64 `json:"train_loss"`
	TrainMSE           float64 `json:"train_mse"`
	TrainAccuracy      float64 `json:"train_accuracy"`
	ValidationLoss     float64 `json:"validation_loss"`
	ValidationMSE      float64 `json:"validation_mse"`
	ValidationAccuracy float64 `json:"validation_accuracy"`
}

// historyColumns are the columns of history.csv behind the epoch.
var historyColumns = []struct {
	name string
	of   func(*Epoch) *float64
}{
	{"train_loss", func(e *Epoch) *float64 { return &e.TrainLoss }},
	{"train_mse", func(e *Epoch) *float64 { return &e.TrainMSE }},
	{"train_accuracy", func(e *Epoch) *float64 { return &e.TrainAccuracy }},
	{"validation_loss", func(e *Epoch) *float64 { return &e.ValidationLoss }},
	{"validation_mse", func(e *Epoch) *float64 { return &e.ValidationMSE }},
	{"validation_accuracy", func(e *Epoch) *float64 { return &e.ValidationAccuracy }},
}

// WriteHistory writes history.csv: a header and one row an epoch, with the shortest decimals that give the same numbers
// back.
func WriteHistory(w io.Writer, epochs []Epoch) error {
	header := []string{"epoch"}
	for _, c := range historyColumns {
		header = append(header, c.name)
	}
	rows := [][]string{header}
	for _, e := range epochs {
		row := []string{strconv.Itoa(e.Epoch)}
		for _, c := range historyColumns {
			row = append(row, strconv.FormatFloat(*c.of(&e), 'g', -1, 64))
		}
		rows = append(rows, row)
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// ParseHistory reads the rows of history.csv up to the first that is damaged: while a run writes, the last one may be.
// Columns that it does not know are left out.
func ParseHistory(data []byte) ([]Epoch, error) {
	in := csv.NewReader(bytes.NewReader(data))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil // begun, no epoch yet
	}
	if err != nil {
		return nil, fmt.Errorf("history.csv: %w", err)
	}
	if strings.TrimSpace(header[0]) != "epoch" {
		return nil, fmt.Errorf("history.csv: first column is %.40q, want epoch: it was written by another version", header[0])
	}
	fields := map[string]func(*Epoch) *float64{}
	for _, c := range historyColumns {
		fields[c.name] = c.of
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
			return epochs, fmt.Errorf("history.csv: line %d: epoch is %.40q, want a whole number; the epochs before are kept", line, row[0])
		}
		for i, column := range header[1:] {
			field, known := fields[strings.TrimSpace(column)]
			if !known {
				continue
			}
			if *field(&e), err = strconv.ParseFloat(row[i+1], 64); err != nil {
				return epochs, fmt.Errorf("history.csv: line %d: %.40s is %.40q, want a number; the epochs before are kept", line, column, row[i+1])
			}
		}
		epochs = append(epochs, e)
	}
}
