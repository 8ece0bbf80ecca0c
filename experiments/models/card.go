package models

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the card
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/template"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
	"r2unet/experiments"
	"r2unet/experiments/matrix"
)

//go:embed card.md.tmpl
var cardText string

var cardTemplate = template.Must(template.New("card").Parse(cardText))

// makeCard writes the card of a run.
func makeCard(o Options, run experiments.Record, checkpoint []byte) ([]byte, error) {
	timing, err := experiments.ReadTiming(o.Run)
	if err != nil {
		return nil, err
	}
	config, err := json.MarshalIndent(run.Config, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	result := &run.Result
	trained := "on " + cmp.Or(timing.Device, "an unknown device")
	if !timing.Written.IsZero() {
		trained = timing.Written.Format("2006-01-02") + ", " + trained
	}
	data := ""
	if d := result.Data; d != nil && d.Trained > 0 {
		data = fmt.Sprintf("%d samples, %d an epoch", d.Trained, d.Train)
	}
	program := run.Versions.Code
	if timing.Revision != "" && !strings.Contains(program, " revision ") {
		program += ", revision " + timing.Revision
	}
	threshold := fmt.Sprintf("%g", result.Cut())
	if c := run.Choice; c != nil {
		threshold += fmt.Sprintf(", chosen on %d %s images", len(c.Images), c.From)
	}
	if c := run.Calibration; c != nil {
		threshold += fmt.Sprintf("; temperature %g, chosen on %d %s images", c.Temperature, len(c.Images), c.From)
	}
	if len(result.Classes) > 0 {
		threshold = "" // the most probable class is taken
	}
	tested := "Tested on"
	if result.Assessed == evaluate.OnValidation {
		tested = "Measured, as validation images, on"
	}
	var card bytes.Buffer
	err = cardTemplate.Execute(&card, map[string]any{
		"Name": o.Name, "Title": matrix.ArchitectureTitle(run.Config.Architecture), "Result": result,
		"Dataset": result.DatasetLabel(), "Facts": run.Dataset, "Note": o.Note, "Licence": o.Licence,
		"Bytes": len(checkpoint), "Hash": fmt.Sprintf("%x", sha256.Sum256(checkpoint)),
		"Command": cmp.Or(o.Command, command(o.Run, run)), "Config": string(config), "ConfigHash": run.ConfigHash,
		"Trained": trained, "Code": program, "Samples": data, "Threshold": threshold,
		"Preparation": preparation(run.Recipe), "TestedWords": tested,
		"Train": names(run.Split.Train), "Validation": names(run.Split.Validation), "Tested": names(run.Tested),
		"Rows": rows(result),
	})
	if err != nil {
		return nil, fmt.Errorf("write the card: %w", err)
	}
	return card.Bytes(), nil
}

// command returns the command that computes a run again, from the place of its folder in OUT/PROFILE/runs.
func command(folder string, run experiments.Record) string {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		absolute = folder
	}
	return fmt.Sprintf("go run ./cmd/sweep run -profile %s -data DIR -seed %d -id %s",
		filepath.Base(filepath.Dir(filepath.Dir(absolute))), run.Config.Seed, filepath.Base(absolute))
}

// names lists images in a line, many of them shortened.
func names(ids []string) string {
	switch {
	case len(ids) == 0:
		return "no images of their own"
	case len(ids) == 1:
		return "1 image, " + ids[0]
	case len(ids) <= 30:
		return fmt.Sprintf("%d images: %s", len(ids), strings.Join(ids, ", "))
	}
	return fmt.Sprintf("%d images, %s to %s in the order of the split", len(ids), ids[0], ids[len(ids)-1])
}

// preparation describes how pictures become input, in the order in which it is done.
func preparation(r datasets.Recipe) []string {
	var steps []string
	switch {
	case r.CT:
		steps = append(steps, fmt.Sprintf("values from %g to %g become 0 to 1", r.Window[0], r.Window[1]))
	case r.Input != "":
		steps = append(steps, "channels: "+r.Input)
	}
	if r.Size.Set() {
		steps = append(steps, fmt.Sprintf("resized to %d×%d px, and the prediction back", r.Size.Width, r.Size.Height))
	}
	if r.CLAHE > 0 {
		steps = append(steps, fmt.Sprintf("CLAHE with clip limit %g", r.CLAHE))
	}
	if r.Gamma > 0 {
		steps = append(steps, fmt.Sprintf("intensities to the power of 1/%g", r.Gamma))
	}
	switch r.Normalize {
	case "none":
	case "image":
		steps = append(steps, "standardized by each picture's own mean and deviation")
	default:
		steps = append(steps, fmt.Sprintf("standardized by the training images: mean %s, deviation %s",
			numbers(r.Normalization.Mean), numbers(r.Normalization.Deviation)))
	}
	if r.Photograph {
		steps = append(steps, "the field of view of a fundus photograph is found; nothing is foreground outside")
	}
	return steps
}

func numbers(values []float64) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, fmt.Sprintf("%.4f", v))
	}
	return strings.Join(texts, ", ")
}

// row is a measure with its intervals, ready to print.
type row struct{ Name, Pooled, PooledInterval, Mean, MeanInterval string }

// rows lists the measures that are defined: those of the paper first, and the F1 of each class.
func rows(result *evaluate.Result) []row {
	first := []*measures.Measure{
		measures.F1, measures.AUC, measures.Sensitivity, measures.Specificity, measures.Accuracy, measures.Jaccard,
	}
	var rows []row
	add := func(name string, r *evaluate.Result, of *measures.Measure) {
		m := &r.Measures
		pooled, mean := m.Inside.Micro.Of(of), m.Inside.PerImage.Of(of)
		if !evaluate.Defined(pooled) && !evaluate.Defined(mean) {
			return
		}
		pooledInterval, meanInterval := evaluate.Intervals(r, of)
		rows = append(rows, row{
			name, value(of, pooled), interval(of, pooledInterval), value(of, mean), interval(of, meanInterval),
		})
	}
	for _, of := range first {
		add(of.Heading(), result, of)
	}
	for _, of := range measures.All() {
		known := false
		for _, m := range first {
			known = known || m == of
		}
		if !known && !of.RecordOnly {
			add(of.Heading(), result, of)
		}
	}
	for i := range result.Classes {
		one := *result // of the same patients
		one.Measures = result.Classes[i].Measures
		add("F1 of "+result.Classes[i].Name, &one, measures.F1)
	}
	return rows
}

func value(of *measures.Measure, v float64) string {
	if !evaluate.Defined(v) {
		return evaluate.Dash
	}
	return fmt.Sprintf("%.*f", of.ShownDecimals(), v)
}

func interval(of *measures.Measure, i statistics.Interval) string {
	if !evaluate.Defined(i.Low) {
		return evaluate.Dash
	}
	return value(of, i.Low) + " to " + value(of, i.High)
}
