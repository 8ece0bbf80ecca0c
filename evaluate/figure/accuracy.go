package figure

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"r2unet/evaluate/record"
)

// accuracyFigures draws the training and the validation accuracy of a dataset's networks.
func accuracyFigures(p *panel) ([]*Figure, error) {
	var figures []*Figure
	for _, kind := range []struct {
		name, title string
		number      int
		of          func(record.Epoch) float64
	}{
		{"training", "Training accuracy", p.number.training, func(e record.Epoch) float64 { return e.TrainAccuracy }},
		{
			"validation", "Validation accuracy", p.number.validation,
			func(e record.Epoch) float64 { return e.ValidationAccuracy },
		},
	} {
		f, err := accuracyFigure(p, "accuracy-"+kind.name+"-"+p.key, kind.title, kind.number, kind.of)
		if err != nil {
			return nil, err
		}
		if f != nil {
			figures = append(figures, f)
		}
	}
	return figures, nil
}

// accuracyFigure returns nil if no network has an epoch.
func accuracyFigure(p *panel, name, title string, number int, of func(record.Epoch) float64) (*Figure, error) {
	chart := newPlot(title+", "+p.dataset, "Epoch", "Accuracy")
	chart.X.Tick.Marker = roundTicks{whole: true}
	addGrid(chart)
	drawn := 0
	for i, s := range p.series {
		points := meanHistory(s, of)
		if len(points) == 0 {
			continue
		}
		drawn++
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, fmt.Errorf("figure %s, %s: %w", name, s.label, err)
		}
		line.LineStyle = lineStyle(i)
		chart.Add(line)
		chart.Legend.Add(s.label, line)
		if len(points) <= 40 {
			dots, err := plotter.NewScatter(points)
			if err != nil {
				return nil, fmt.Errorf("figure %s, %s: %w", name, s.label, err)
			}
			dots.GlyphStyle = draw.GlyphStyle{Color: line.Color, Radius: vg.Points(1.6), Shape: glyph(i)}
			chart.Add(dots)
		}
	}
	if drawn == 0 {
		return nil, nil
	}
	chart.Legend.Top = false
	// Leave room for the legend below the rising curves.
	chart.Y.Min -= 0.35 * (chart.Y.Max - chart.Y.Min)
	if chart.Y.Max-chart.Y.Min < 1e-3 {
		chart.Y.Min, chart.Y.Max = chart.Y.Min-0.01, chart.Y.Max+0.01
	}
	caption := fmt.Sprintf("%s of all networks on %s over the epochs%s.", title, p.dataset, counterpart(number))
	return plotFigure(name, caption, chart), nil
}

// meanHistory averages each epoch over the runs that have it. Values outside [0, 1] come from damaged files
// and are skipped.
func meanHistory(s series, of func(record.Epoch) float64) plotter.XYs {
	var points plotter.XYs
	for epoch := 0; ; epoch++ {
		sum, n := 0.0, 0
		for _, r := range s.runs {
			if epoch < len(r.History) {
				if v := of(r.History[epoch]); v >= 0 && v <= 1 {
					sum += v
					n++
				}
			}
		}
		if n == 0 {
			return points
		}
		points = append(points, plotter.XY{X: float64(epoch + 1), Y: sum / float64(n)})
	}
}

func glyph(i int) draw.GlyphDrawer {
	shapes := []draw.GlyphDrawer{
		draw.CircleGlyph{}, draw.BoxGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{},
	}
	return shapes[i%len(shapes)]
}

func addGrid(chart *plot.Plot) {
	grid := plotter.NewGrid()
	grid.Horizontal, grid.Vertical = gridStyle(), gridStyle()
	chart.Add(grid)
	chart.BackgroundColor = color.White
}
