package figure

import (
	"fmt"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
)

// curveKind holds the differences between ROC, precision–recall and reliability figures.
type curveKind struct {
	name, title, x, y string
	points            func(*evaluate.Curves) plotter.XYs // none if there is no curve
	measure           *measures.Measure                  // of the curve, for the legend
	diagonal          bool
	left, top         bool // where the legend is
}

var rocKind = curveKind{
	name: "roc", title: "ROC", x: "False positive rate (1 − SP)", y: "True positive rate (SE)",
	points: func(c *evaluate.Curves) plotter.XYs {
		return zip(c.Inside.FalsePositiveRate, c.Inside.TruePositiveRate, plotter.XY{})
	},
	measure: measures.AUC, diagonal: true,
}

var precisionRecallKind = curveKind{
	name: "precision-recall", title: "Precision–recall", x: "Recall (SE)", y: "Precision",
	points: func(c *evaluate.Curves) plotter.XYs {
		first := plotter.XY{X: 0, Y: 1}
		if p := c.Inside.Precision; len(p) > 0 && p[0] >= 0 && p[0] <= 1 {
			first.Y = p[0]
		}
		return zip(c.Inside.TruePositiveRate, c.Inside.Precision, first)
	},
	measure: measures.AveragePrecision, left: true,
}

// reliabilityKind draws the share of foreground in each bin of probabilities (Guo et al. 2017).
var reliabilityKind = curveKind{
	name: "reliability", title: "Reliability", x: "Probability of foreground", y: "Share of foreground",
	points: func(c *evaluate.Curves) plotter.XYs {
		if c.Reliability == nil {
			return nil
		}
		var points plotter.XYs
		for _, bin := range c.Reliability {
			x, y := bin.Probability/float64(bin.Pixels), float64(bin.Foreground)/float64(bin.Pixels)
			if x >= 0 && x <= 1 && y >= 0 && y <= 1 {
				points = append(points, plotter.XY{X: x, Y: y})
			}
		}
		return points
	},
	measure: measures.ECE, diagonal: true, left: true, top: true,
}

// zip pairs shares after a first point, up to the shorter list; nothing if there are none.
func zip(x, y []float64, first plotter.XY) plotter.XYs {
	if len(x) == 0 {
		return nil
	}
	points := plotter.XYs{first}
	for i := range min(len(x), len(y)) {
		if x[i] >= 0 && x[i] <= 1 && y[i] >= 0 && y[i] <= 1 {
			points = append(points, plotter.XY{X: x[i], Y: y[i]})
		}
	}
	return points
}

// curveFigure draws the curves of all runs that were read; nil if there are none.
func curveFigure(kind curveKind, key, where string, number int, all []series) (*Figure, error) {
	chart := newPlot(kind.title+", "+where, kind.x, kind.y)
	chart.X.Min, chart.X.Max, chart.Y.Min, chart.Y.Max = 0, 1, 0, 1
	addGrid(chart)
	if kind.diagonal {
		if err := addDiagonal(chart); err != nil {
			return nil, err
		}
	}
	drawn, left := 0, false
	for i, s := range all {
		var areas []float64
		var last *plotter.Line
		for _, r := range s.runs {
			if r.CurvesLeft {
				left = true
				if v := r.Result.Measures.Shown(kind.measure); evaluate.Defined(v) {
					areas = append(areas, v)
				}
			}
			if r.Curves == nil {
				continue
			}
			points := kind.points(r.Curves)
			if len(points) == 0 {
				continue
			}
			line, err := plotter.NewLine(points)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", kind.title, r.ID, err)
			}
			line.LineStyle = lineStyle(i)
			chart.Add(line)
			last = line
			if v := r.Result.Measures.Shown(kind.measure); evaluate.Defined(v) {
				areas = append(areas, v)
			}
		}
		if last == nil {
			continue
		}
		drawn++
		label := s.label
		if len(areas) > 0 {
			label += fmt.Sprintf(", %s %.4f", kind.measure.Name, stat.Mean(areas, nil))
		}
		chart.Legend.Add(label, last)
	}
	if drawn == 0 {
		return nil, nil
	}
	chart.Legend.Top, chart.Legend.Left = kind.top, kind.left
	if chart.Legend.Top {
		chart.Legend.YOffs = -chart.Legend.YOffs
	}
	if chart.Legend.Left {
		chart.Legend.XOffs = -chart.Legend.XOffs
	}
	// The axes are the same for all figures.
	chart.X.Min, chart.X.Max, chart.Y.Min, chart.Y.Max = 0, 1, 0, 1.005
	var every []*archive.Run
	for _, s := range all {
		every = append(every, s.runs...)
	}
	caption := fmt.Sprintf("%s %s, %s%s.", kind.title, scope(every), where, counterpart(number))
	if left {
		caption += fmt.Sprintf(" Curves are those of the first %d runs of a network, means of all.", archive.MostCurves)
	}
	f := plotFigure(kind.name+"-"+key, caption, chart)
	f.Height = 3.1 * vg.Inch
	return f, nil
}

func addDiagonal(chart *plot.Plot) error {
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
	if err != nil {
		return fmt.Errorf("draw the diagonal: %w", err)
	}
	line.Color, line.Width, line.Dashes = grey, vg.Points(0.6), []vg.Length{vg.Points(2), vg.Points(2)}
	chart.Add(line)
	return nil
}

// retinaSeries returns the runs of one network of R2U-Net's block on the three retina sets, as in Fig. 15,
// and its label: the network with t = 2 on the first set that has one, and the network of the same label on
// the others.
func retinaSeries(all []*panel) (chosen []series, label string) {
	for _, p := range all {
		if p.number.roc != 15 {
			continue
		}
		var best *series
		for i := range p.series {
			r := &p.series[i].runs[0].Result
			fits := r.Label() == label
			if len(chosen) == 0 {
				fits = best == nil || r.Facet("t") == "2" && best.runs[0].Result.Facet("t") != "2"
			}
			if r.Facet("block") == "recurrent-residual" && hasCurve(p.series[i].runs) && fits &&
				(len(chosen) == 0 || best == nil) {
				best = &p.series[i]
			}
		}
		if best != nil {
			label = best.runs[0].Result.Label()
			chosen = append(chosen, series{label: p.dataset, runs: best.runs})
		}
	}
	return chosen, label
}

func hasCurve(runs []*archive.Run) bool {
	for _, r := range runs {
		if r.Curves != nil && r.Curves.Inside.Points() > 0 {
			return true
		}
	}
	return false
}
