package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/rank"
	"r2unet/evaluate/record"
)

// chart is the input of page/chart.js.
type chart struct {
	Title  string  `json:"title"`
	X      axis    `json:"x"`
	Y      axis    `json:"y"`
	Series []curve `json:"series"`
}

type axis struct {
	Label string   `json:"label"`
	Min   *float64 `json:"min,omitempty"`
	Max   *float64 `json:"max,omitempty"`
	Whole bool     `json:"whole,omitempty"` // integers only
}

// curve holds the lines of a network, one for each of its folds and seeds.
type curve struct {
	Name  string         `json:"name"`
	Note  string         `json:"note,omitempty"`
	Color int            `json:"color"`
	Sweep int            `json:"sweep,omitempty"` // from 1, whose dashes it has; 0 where there is one sweep
	Lines [][][2]float64 `json:"lines"`

	areas []float64
}

// JSON returns the chart as page/chart.js reads it.
func (c chart) JSON() (template.JS, error) {
	data, err := json.Marshal(c)
	return template.JS(data), err //nolint:gosec // json escapes <, > and &
}

// datasetCharts holds the charts of one dataset.
type datasetCharts struct {
	Dataset string
	Charts  []chart
	Alone   string // the sweep that alone has the dataset, of several
}

// chartKind defines what a chart shows of a run; nil points are omitted.
type chartKind struct {
	title  string
	x, y   axis
	points func(*archive.Run) [][2]float64
	scoped bool              // over the pixels of the measures, which the title names
	area   *measures.Measure // under the curve; nil if there is none
}

var (
	zero, one = 0.0, 1.0
	share     = func(label string) axis { return axis{Label: label, Min: &zero, Max: &one} }
	epochs    = axis{Label: "Epoch", Whole: true}
)

var chartKinds = []chartKind{
	{
		"Training accuracy", epochs,
		axis{Label: "Accuracy"},
		history(func(e record.Epoch) float64 { return e.TrainAccuracy }), false, nil,
	},
	{
		"Validation accuracy", epochs,
		axis{Label: "Accuracy"},
		history(func(e record.Epoch) float64 { return e.ValidationAccuracy }), false, nil,
	},
	{
		"Training loss", epochs,
		axis{Label: "Loss"},
		history(func(e record.Epoch) float64 { return e.TrainLoss }),
		false, nil,
	},
	{
		"Validation loss", epochs,
		axis{Label: "Loss"},
		history(func(e record.Epoch) float64 { return e.ValidationLoss }), false, nil,
	},
	{
		"Validation Dice", epochs,
		axis{Label: "Dice"},
		later(func(e record.Epoch) *float64 { return e.ValidationDice }), false, nil,
	},
	{
		"Validation sensitivity", epochs,
		axis{Label: "Sensitivity"},
		later(func(e record.Epoch) *float64 { return e.ValidationSensitivity }), false, nil,
	},
	{
		"Learning rate", epochs,
		axis{Label: "Learning rate"},
		later(func(e record.Epoch) *float64 { return e.LearningRate }), false, nil,
	},
	{
		"ROC", share("False positive rate"), share("True positive rate"),
		ranked(func(c *rank.Curve) ([]float64, []float64) { return c.FalsePositiveRate, c.TruePositiveRate }, true),
		true, measures.AUC,
	},
	{
		"Precision and recall", share("Recall"), share("Precision"),
		ranked(func(c *rank.Curve) ([]float64, []float64) { return c.TruePositiveRate, c.Precision }, false),
		true, measures.AveragePrecision,
	},
}

func history(of func(record.Epoch) float64) func(*archive.Run) [][2]float64 {
	return func(r *archive.Run) [][2]float64 {
		var points [][2]float64
		for _, e := range r.History {
			if v := of(e); math.Abs(v) < 1e9 { // skips NaN and values too large to draw
				points = append(points, [2]float64{float64(e.Epoch), v})
			}
		}
		return points
	}
}

// later returns history of a column that some files lack.
func later(of func(record.Epoch) *float64) func(*archive.Run) [][2]float64 {
	return history(func(e record.Epoch) float64 {
		if v := of(e); v != nil {
			return *v
		}
		return math.NaN()
	})
}

func ranked(of func(*rank.Curve) (x, y []float64), fromZero bool) func(*archive.Run) [][2]float64 {
	return func(r *archive.Run) [][2]float64 {
		if r.Curves == nil || r.Curves.Inside.Points() == 0 {
			return nil
		}
		var points [][2]float64
		if fromZero {
			points = append(points, [2]float64{})
		}
		x, y := of(&r.Curves.Inside)
		for i := range min(len(x), len(y)) {
			points = append(points, [2]float64{round(x[i]), round(y[i])})
		}
		return points
	}
}

// round keeps the page small.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// sweepCharts makes the charts of one sweep, or of several in the same axes.
func sweepCharts(sweeps ...*archive.Sweep) []datasetCharts {
	type one struct {
		*archive.Run
		sweep int
	}
	var runs []one
	for i, s := range sweeps {
		for _, r := range s.Runs {
			runs = append(runs, one{r, i})
		}
	}
	slices.SortStableFunc(runs, func(a, b one) int { return evaluate.CompareResults(&a.Result, &b.Result) })
	var all []datasetCharts
	for start := 0; start < len(runs); {
		end := start
		for end < len(runs) && runs[end].Result.DatasetLabel() == runs[start].Result.DatasetLabel() {
			end++
		}
		d := datasetCharts{Dataset: runs[start].Result.DatasetLabel()}
		var ofDataset []*evaluate.Result
		for _, r := range runs[start:end] {
			ofDataset = append(ofDataset, &r.Result)
		}
		// A network has the same name and colour in all sweeps, and a curve for each; a single one a colour for each.
		names := evaluate.Names(ofDataset, (*evaluate.Result).RowKey)
		single := true
		for _, name := range names {
			single = single && name == names[runs[start].Result.RowKey()]
		}
		for _, kind := range chartKinds {
			c := chart{Title: kind.title, X: kind.x, Y: kind.y}
			colors := map[string]int{}
			at := map[string]int{} // index in the series
			for _, r := range runs[start:end] {
				name := names[r.Result.RowKey()]
				if _, seen := colors[name]; !seen {
					colors[name] = len(colors)
				}
				points := kind.points(r.Run)
				if len(points) == 0 {
					continue
				}
				if kind.scoped {
					c.Title = kind.title + " " + r.Result.Scope()
				}
				color, sweep := colors[name], 0
				if len(sweeps) > 1 {
					name, sweep = evaluate.SweepLetter(r.sweep)+": "+name, r.sweep+1
					if single {
						color = r.sweep
					}
				}
				if _, seen := at[name]; !seen {
					at[name] = len(c.Series)
					c.Series = append(c.Series, curve{Name: name, Color: color, Sweep: sweep})
				}
				c.Series[at[name]].add(points, kind, r.Run)
			}
			if len(c.Series) > 0 {
				d.Charts = append(d.Charts, c)
			}
		}
		first := runs[start].sweep
		if len(sweeps) > 1 && !slices.ContainsFunc(runs[start:end], func(r one) bool { return r.sweep != first }) {
			d.Alone = evaluate.SweepLetter(first)
		}
		if len(d.Charts) > 0 {
			all = append(all, d)
		}
		start = end
	}
	return all
}

// add adds a run's line, and its area to the mean.
func (c *curve) add(points [][2]float64, kind chartKind, r *archive.Run) {
	c.Lines = append(c.Lines, points)
	if kind.area == nil {
		return
	}
	if v := r.Result.Measures.Shown(kind.area); evaluate.Defined(v) {
		c.areas = append(c.areas, v)
		c.Note = fmt.Sprintf("%s %.4f", kind.area.Name, stat.Mean(c.areas, nil))
	}
}
