package score

import (
	"fmt"
	"io"
	"math"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
)

// A reading is a set of pixels and a way of counting them.
type reading struct {
	key, name string
	of        func(*evaluate.Measures) *measures.Scores
}

var readings = []reading{
	{"inside_micro", "pooled", func(m *evaluate.Measures) *measures.Scores { return &m.Inside.Micro }},
	{"inside_image", "mean over images", func(m *evaluate.Measures) *measures.Scores { return &m.Inside.PerImage }},
	{"all_micro", "pooled, all pixels", func(m *evaluate.Measures) *measures.Scores { return &m.All.Micro }},
	{"all_image", "mean over images, all pixels", func(m *evaluate.Measures) *measures.Scores {
		return &m.All.PerImage
	}},
}

// readings returns those that differ: without a field of view, all pixels are inside.
func (r *Report) readings() []reading {
	if r.FOV == "" {
		return readings[:2]
	}
	return readings
}

// Text writes the report for a terminal that is width columns wide; 0 means any width.
func (r *Report) Text(out io.Writer, width int) error {
	for k := range r.Scored {
		if err := r.table(&r.Scored[k]).Terminal(out, width); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out); err != nil {
			return err
		}
	}
	if len(r.Scored) < 2 {
		return nil
	}
	t := r.comparison()
	if len(t.Rows) == 0 {
		_, err := fmt.Fprintln(out, "Nothing is compared: that takes two images on which a measure is defined.")
		return err
	}
	return t.Terminal(out, width)
}

// table has a row for each measure, and of several classes for each class.
func (r *Report) table(s *Scored) *evaluate.PaperTable {
	t := &evaluate.PaperTable{Title: s.Folder}
	if len(s.Classes) > 0 {
		t.Columns = append(t.Columns, evaluate.Column{Key: "class", Name: "Class"})
	}
	t.Columns = append(t.Columns, evaluate.Column{Key: "measure", Name: "Measure"})
	for _, by := range r.readings() {
		t.Columns = append(t.Columns, evaluate.Column{Key: by.key, Name: by.name, Numeric: true})
	}
	for _, c := range s.each() {
		for _, m := range measures.All() {
			row := map[string]evaluate.Cell{"class": words(c.Name), "measure": words(m.Heading())}
			defined := false
			for _, by := range r.readings() {
				v := by.of(&c.Measures).Of(m)
				row[by.key] = number("%.*f", m, v)
				defined = defined || evaluate.Defined(v)
			}
			if defined || m.Masks == nil {
				t.Rows = append(t.Rows, evaluate.TableRow{Cells: row})
			}
		}
	}
	t.Notes = r.notes(s)
	return t
}

func (r *Report) notes(s *Scored) []string {
	where := "over the whole image"
	if r.FOV != "" {
		where = "inside the field of view where nothing else is said"
	}
	images := fmt.Sprintf("%d images", r.Images)
	if r.Images == 1 {
		images = "1 image"
	}
	notes := []string{images + ", " + where + "; pooled: every pixel of all images in one count."}
	if evaluate.Defined(s.Interval.Low) {
		notes = append(notes, fmt.Sprintf("F1, pooled: 95 %% bootstrap interval over images %.4f to %.4f.",
			s.Interval.Low, s.Interval.High))
	}
	if len(r.Classes) > 0 {
		notes = append(notes, fmt.Sprintf("classes by the values of the labels: %s, of which %s is the background; "+
			"each against the rest, and their mean.", strings.Join(r.Classes, ", "), r.Classes[0]))
	} else if !s.Masks {
		notes = append(notes, s.Threshold.String())
	}
	if s.Masks {
		notes = append(notes, "the predictions are masks: AUC, AP, MSE and ECE are those of probabilities of 0 and 1.")
	}
	if s.Mixed != "" {
		notes = append(notes, "warning: "+s.Mixed)
	}
	var undefined []string
	for _, m := range measures.All() {
		if n := s.Measures.Inside.Undefined[m.Key()]; n > 0 {
			undefined = append(undefined, fmt.Sprintf("%s in %d", m.Name, n))
		}
	}
	if len(undefined) > 0 {
		notes = append(notes, "the mean leaves out images where a measure is undefined: "+strings.Join(undefined, ", ")+
			".")
	}
	if counts := s.Measures.Inside.Micro.Counts; counts.TP+counts.FP == 0 {
		notes = append(notes, "no pixel of any prediction is foreground.")
	}
	return notes
}

// comparison has a row for each measure: the second folder against the first.
func (r *Report) comparison() *evaluate.PaperTable {
	t := &evaluate.PaperTable{Title: fmt.Sprintf("%s against %s", r.Scored[1].Folder, r.Scored[0].Folder)}
	if len(r.Classes) > 0 {
		t.Columns = append(t.Columns, evaluate.Column{Key: "class", Name: "Class"})
	}
	t.Columns = append(t.Columns, evaluate.Column{Key: "measure", Name: "Measure"},
		evaluate.Column{Key: "images", Name: "Images", Numeric: true},
		evaluate.Column{Key: "difference", Name: "Mean difference", Numeric: true},
		evaluate.Column{Key: "interval", Name: "95 % interval"}, evaluate.Column{Key: "p", Name: "p", Numeric: true},
		evaluate.Column{Key: "verdict", Name: "The second is"})
	if len(r.Classes) > 0 {
		t.Columns = append(t.Columns, evaluate.Column{Key: "holm", Name: "p after Holm", Numeric: true})
	}
	for _, d := range r.Differences {
		if d.Images < 2 {
			continue
		}
		interval := fmt.Sprintf("%+.*f to %+.*f", d.Measure.ShownDecimals(), d.Low, d.Measure.ShownDecimals(), d.High)
		t.Rows = append(t.Rows, evaluate.TableRow{Cells: map[string]evaluate.Cell{
			"class": words(classOf(d)), "measure": words(d.Measure.Heading()), "images": words(fmt.Sprint(d.Images)),
			"difference": number("%+.*f", d.Measure, d.Mean), "interval": words(interval),
			"p": words(fmt.Sprintf("%.2g", d.P)), "holm": words(fmt.Sprintf("%.2g", d.Holm)),
			"verdict": words(d.Verdict()),
		}})
	}
	t.Notes = []string{"mean over images of the second minus the first, with its bootstrap interval; p of the " +
		"Wilcoxon signed-rank test over images, two-sided; a difference counts where p, of several classes after " +
		"Holm's correction for them, is below 0.05."}
	return t
}

// classOf returns the class that a difference is of: "mean", a value, or "" without classes.
func classOf(d evaluate.Difference) string {
	_, in, _ := strings.Cut(strings.TrimSuffix(d.Dataset, ")"), "(")
	if strings.HasPrefix(in, "mean of ") {
		return "mean"
	}
	return in
}

func words(s string) evaluate.Cell { return evaluate.Cell{Text: s, Value: math.NaN(), SD: math.NaN()} }

func number(format string, m *measures.Measure, v float64) evaluate.Cell {
	if !evaluate.Defined(v) {
		return words(evaluate.Dash)
	}
	return evaluate.Cell{Text: fmt.Sprintf(format, m.ShownDecimals(), v), Value: v, SD: math.NaN()}
}
