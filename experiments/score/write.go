package score

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
)

// CheckOut returns an error if a report cannot be written to a file of this name.
func CheckOut(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".json":
		return nil
	}
	return fmt.Errorf("-out %s: must end in .csv or .json", path)
}

// File returns the report as CSV or JSON, by the extension of the file that it is for.
func (r *Report) File(path string) ([]byte, error) {
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		return r.csv()
	}
	return r.json()
}

// csv has a row for each image and two for all, pooled and the mean over images; numbers have all their digits, and
// undefined ones are empty.
func (r *Report) csv() ([]byte, error) {
	header := []string{"predictions", "class", "pixels", "of", "image", "tp", "tn", "fp", "fn"}
	for _, m := range measures.All() {
		header = append(header, m.Key())
	}
	rows := [][]string{header}
	for k := range r.Scored {
		for _, c := range r.Scored[k].each() {
			for _, by := range scopes(&c.Measures) {
				add := func(of, image string, s *measures.Scores) {
					row := []string{r.Scored[k].Folder, c.Name, by.name, of, image}
					for _, n := range []int64{s.TP, s.TN, s.FP, s.FN} {
						if of == "mean" {
							row = append(row, "")
						} else {
							row = append(row, strconv.FormatInt(n, 10))
						}
					}
					for _, m := range measures.All() {
						row = append(row, decimal(s.Of(m)))
					}
					rows = append(rows, row)
				}
				add("pooled", "", &by.scope.Micro)
				add("mean", "", &by.scope.PerImage)
				for i := range by.scope.Images {
					add("image", by.scope.Images[i].ID, &by.scope.Images[i].Scores)
				}
			}
		}
	}
	var out bytes.Buffer
	err := csv.NewWriter(&out).WriteAll(rows)
	return out.Bytes(), err
}

// A scope holds the measures over a set of pixels, "inside" the field of view or "all".
type scope struct {
	name  string
	scope *evaluate.Scope
}

func scopes(m *evaluate.Measures) []scope {
	return []scope{{"inside", &m.Inside}, {"all", &m.All}}
}

func decimal(v float64) string {
	if !evaluate.Defined(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// scoredJSON and differenceJSON are as JSON has them; undefined numbers are null.
type scoredJSON struct {
	Predictions string                   `json:"predictions"`
	Masks       bool                     `json:"masks"`
	Warning     string                   `json:"warning,omitempty"`
	Threshold   float64                  `json:"threshold,omitempty"`
	F1Low       *float64                 `json:"f1_low"`
	F1High      *float64                 `json:"f1_high"`
	Measures    evaluate.Measures        `json:"measures"`
	Classes     []evaluate.ClassMeasures `json:"classes,omitempty"`
}

type differenceJSON struct {
	Class   string   `json:"class,omitempty"`
	Measure string   `json:"measure"`
	Images  int      `json:"images"`
	Mean    *float64 `json:"difference"`
	Low     *float64 `json:"low"`
	High    *float64 `json:"high"`
	P       *float64 `json:"p"`
	Holm    *float64 `json:"p_holm"`
}

func (r *Report) json() ([]byte, error) {
	report := struct {
		Truth       string           `json:"truth"`
		FOV         string           `json:"fov,omitempty"`
		Images      int              `json:"images"`
		Ignored     string           `json:"ignored,omitempty"`
		Classes     []string         `json:"classes,omitempty"`
		Scores      []scoredJSON     `json:"scores"`
		Differences []differenceJSON `json:"differences,omitempty"`
	}{Truth: r.Truth, FOV: r.FOV, Images: r.Images, Ignored: r.Ignore, Classes: r.Classes}
	for _, s := range r.Scored {
		report.Scores = append(report.Scores, scoredJSON{
			s.Folder, s.Masks, s.Mixed, s.Threshold.Value, orNull(s.Interval.Low), orNull(s.Interval.High), s.Measures,
			s.Classes,
		})
	}
	for _, d := range r.Differences {
		if d.Images < 2 {
			continue
		}
		report.Differences = append(report.Differences, differenceJSON{
			classOf(d), d.Measure.Key(), d.Images,
			orNull(d.Mean), orNull(d.Low), orNull(d.High), orNull(d.P), orNull(d.Holm),
		})
	}
	text, err := json.MarshalIndent(report, "", "  ")
	return append(text, '\n'), err
}

// orNull returns nil for an undefined number.
func orNull(v float64) *float64 {
	if !evaluate.Defined(v) {
		return nil
	}
	return &v
}
