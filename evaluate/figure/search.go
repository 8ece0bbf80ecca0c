package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"r2unet/evaluate/record"
	"r2unet/evaluate/tuning"
)

// Panels of a figure of a search.
const (
	searchColumns = 3
	searchHeight  = 1.9 * vg.Inch
)

// Search draws the results of a search's trials against each key; nil if no trial has a value. Trials that were
// stopped early are grey, at the best value that they came to; crosses are trials that are so much worse than
// the median that they would hide the others, at the edge.
func Search(s record.Search) (*Figure, error) {
	trials := slices.DeleteFunc(tuning.Ranked(s), func(t record.Trial) bool {
		return t.Value == nil || math.IsInf(*t.Value, 0)
	})
	if len(trials) == 0 {
		return nil, nil
	}
	var plots []*plot.Plot
	effects := tuning.Effects(s)
	for i, key := range s.Keys {
		p, err := searchPanel(s, key, i, trials)
		if err != nil {
			return nil, fmt.Errorf("search by %s: %w", key.Key, err)
		}
		if e := effects[i]; !math.IsNaN(e.Share) {
			statistic := "η²"
			if len(key.Choices) == 0 {
				statistic = "ρ²"
			}
			p.Title.Text = fmt.Sprintf("%s = %.2f", statistic, e.Share)
		}
		plots = append(plots, p)
	}
	columns := min(searchColumns, len(plots))
	if len(plots) == 4 {
		columns = 2
	}
	rows := (len(plots) + columns - 1) / columns
	width := textWidth * vg.Length(columns) / searchColumns
	return &Figure{
		Name: "search-" + s.Label, Width: width, Height: vg.Length(rows) * searchHeight,
		Caption: fmt.Sprintf("%s of validation samples in the trials of a search, %s: black to the end, grey stopped "+
			"early, a triangle the best, crosses beyond the edge. ρ²: Spearman's rank correlation, "+
			"squared; η²: correlation ratio of ranks.", s.Measure, s.Name),
		paint: func(c draw.Canvas) {
			tiles := draw.Tiles{
				Rows: rows, Cols: columns, PadX: vg.Points(8), PadY: vg.Points(8), PadRight: vg.Points(7),
			}
			for i, p := range plots {
				p.Draw(tiles.At(c, i%columns, i/columns))
			}
		},
	}, nil
}

// searchPanel plots the trials, best first, against one key.
func searchPanel(s record.Search, key record.SearchKey, index int, trials []record.Trial) (*plot.Plot, error) {
	p := newPlot(" ", key.Key, s.Measure)
	addGrid(p)
	var best, ended, stopped, beyond plotter.XYs
	edge := searchEdge(trials)
	for i, t := range trials {
		x := float64(slices.Index(key.Choices, t.Values[index]))
		if len(key.Choices) == 0 {
			x, _ = strconv.ParseFloat(t.Values[index], 64)
		}
		if key.Log && !(x > 0) {
			continue
		}
		at := plotter.XY{X: x, Y: *t.Value}
		switch {
		case i == 0:
			best = plotter.XYs{at}
		case math.Abs(at.Y-*trials[0].Value) > math.Abs(edge-*trials[0].Value):
			at.Y = edge
			beyond = append(beyond, at)
		case t.State == record.TrialStopped:
			stopped = append(stopped, at)
		default:
			ended = append(ended, at)
		}
	}
	for _, group := range []struct {
		points plotter.XYs
		color  color.Color
		shape  draw.GlyphDrawer
		radius float64
	}{
		{beyond, grey, draw.CrossGlyph{}, 2.2},
		{stopped, grey, draw.RingGlyph{}, 1.8},
		{ended, black, draw.CircleGlyph{}, 1.8},
		{best, vermilion, draw.PyramidGlyph{}, 3.5},
	} {
		if len(group.points) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(group.points)
		if err != nil {
			return nil, err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: group.color, Radius: vg.Points(group.radius), Shape: group.shape}
		p.Add(dots)
	}
	if p.Y.Max-p.Y.Min < 1e-3 {
		p.Y.Min, p.Y.Max = p.Y.Min-5e-4, p.Y.Max+5e-4
	}
	switch {
	case len(key.Choices) > 0:
		p.NominalX(key.Choices...)
		p.X.Min, p.X.Max = -0.5, float64(len(key.Choices))-0.5
		p.X.Tick.Label.Font = sans(6.5)
	case key.Log && key.Low > 0 && key.High > key.Low:
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{}
		p.X.Min, p.X.Max = key.Low, key.High
	case key.High > key.Low:
		p.X.Min, p.X.Max = key.Low, key.High
	}
	return p, nil
}

// searchEdge returns the worst value that is drawn where it is: that of the last of the trials, best first, or four
// times as far from the best as the median.
func searchEdge(trials []record.Trial) float64 {
	value := func(i int) float64 { return *trials[i].Value }
	best, worst := value(0), value(len(trials)-1)
	reach := 4 * (value(len(trials)/2) - best)
	if reach == 0 || math.Abs(reach) > math.Abs(worst-best) {
		return worst
	}
	return best + reach
}
