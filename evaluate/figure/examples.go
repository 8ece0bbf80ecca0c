package figure

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	xdraw "golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
)

// tilePixels is the longest side of a picture in a figure; larger ones are
// scaled down, so that SVG files stay small.
const tilePixels = 320

// exampleFigure shows the best, the middle and the worst image of a dataset's R2U-Net as rows of input,
// truth, probability, thresholded map and overlay. It returns nil if no run has predictions with their truth.
func exampleFigure(s *archive.Sweep, p *panel) (*Figure, error) {
	run, network := exampleRun(p)
	if run == nil {
		return nil, nil
	}
	var problems []error
	var rows []*archive.Example
	var labels, picked []string
	for _, pick := range BestMiddleWorst(run) {
		e, err := s.Example(run, pick.ID)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", run.ID, err))
		}
		if e == nil || e.Truth == nil {
			continue
		}
		rows = append(rows, e)
		picked = append(picked, strings.ToLower(pick.Name))
		labels = append(labels, fmt.Sprintf("%s, F1 %.3f", pick.Name, pick.F1))
	}
	if len(rows) == 0 {
		return nil, errors.Join(problems...)
	}
	threshold := run.Result.Cut()
	columns := []string{"Input", "Truth", "Probability", fmt.Sprintf("At least %g", threshold), "Overlay"}
	misses := "misses orange"
	if rows[0].Mask != nil {
		columns[3] = "Post-processed"
	}
	if rows[0].Classes != nil {
		columns[2], columns[3], misses = "Any class", "Most probable", "misses and other classes orange"
	}
	var tiles [][]image.Image
	aspect := 0.0
	for _, e := range rows {
		width, height := size(e.Probability)
		aspect = max(aspect, float64(height)/float64(width))
		row := []image.Image{
			tile(e.Input), tile(e.Truth), tile(e.ProbabilityGrey()),
			tile(e.Predicted(threshold)),
			tile(Overlay(e.Input, e.Truth, e.FOV, e.Predicted(threshold))),
		}
		if e.Classes != nil && e.TrueClasses != nil {
			row[1], row[3] = tile(e.TrueClasses), tile(e.Classes)
			row[4] = tile(ClassOverlay(e.Input, e.TrueClasses, e.Classes, e.FOV))
		}
		tiles = append(tiles, row)
	}
	sheet := contactSheet{columns, labels, tiles, network + " on " + p.dataset}
	caption := fmt.Sprintf("%s on %s: %s %s%s. Overlay: hits blue, %s, false alarms yellow.",
		network, p.dataset, listed(picked), strings.TrimSuffix(run.Result.Images(),
			"s"), counterpart(p.number.examples), misses)
	return &Figure{
		Name: "examples-" + p.key, Caption: caption,
		Width: textWidth, Height: sheet.height(aspect), resolution: 220, paint: sheet.paint,
	}, errors.Join(problems...)
}

// listed joins names as "best, middle and worst".
func listed(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// exampleRun chooses the run to show, preferably of R2U-Net's block with t = 2 as in the paper, and returns
// its label too.
func exampleRun(p *panel) (chosen *archive.Run, label string) {
	for _, s := range p.series {
		for _, r := range s.runs {
			if r.Result.Status != evaluate.Finished || len(r.Predictions) == 0 {
				continue
			}
			better := chosen == nil || chosen.Result.Facet("block") != "recurrent-residual" ||
				r.Result.Facet("block") == "recurrent-residual" && r.Result.Facet("t") == "2" &&
					chosen.Result.Facet("t") != "2"
			if better {
				chosen, label = r, s.label
			}
		}
	}
	return chosen, label
}

// A Pick is an image chosen for the quality of its segmentation.
type Pick struct {
	Name string // Best, Middle or Worst, or Only
	ID   string
	F1   float64
}

// BestMiddleWorst chooses, among the images of a run that have a stored
// prediction, the best, the middle and the worst by F1 inside the field of view.
func BestMiddleWorst(r *archive.Run) []Pick {
	var images []Pick
	for _, m := range r.Result.Measures.Inside.Images {
		if !math.IsNaN(m.Scores.Of(measures.F1)) && slices.Contains(r.Predictions, PictureName(m.ID)) {
			images = append(images, Pick{"", PictureName(m.ID), m.Scores.Of(measures.F1)})
		}
	}
	slices.SortStableFunc(images, func(a, b Pick) int { return cmp.Compare(b.F1, a.F1) })
	var picks []Pick
	if len(images) == 1 {
		images[0].Name = "Only"
		return images
	}
	for _, choice := range []struct {
		name string
		at   int
	}{{"Best", 0}, {"Middle", len(images) / 2}, {"Worst", len(images) - 1}} {
		if len(images) == 0 || choice.name == "Middle" && len(images) == 2 {
			continue
		}
		pick := images[choice.at]
		pick.Name = choice.name
		picks = append(picks, pick)
	}
	return picks
}

// PictureName returns the name under which an image's pictures are stored.
func PictureName(id string) string {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i] == '/' || id[i] == '\\' {
			return id[i+1:]
		}
	}
	return id
}

// tile scales a picture to the size of a tile: large ones down, and small ones up by a whole factor, so that
// their pixels stay sharp; nil stays nil.
func tile(m image.Image) image.Image {
	if gray, ok := m.(*image.Gray); m == nil || ok && gray == nil {
		return nil
	}
	width, height := size(m)
	longest := max(width, height)
	var kernel xdraw.Scaler = xdraw.CatmullRom
	if times := tilePixels / longest; times >= 2 {
		kernel, width, height = xdraw.NearestNeighbor, width*times, height*times
	} else if longest > tilePixels {
		width, height = width*tilePixels/longest, height*tilePixels/longest
	} else {
		return m
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	kernel.Scale(out, out.Bounds(), m, m.Bounds(), xdraw.Src, nil)
	return out
}

// A contactSheet draws rows of pictures with headings.
type contactSheet struct {
	columns []string
	rows    []string
	tiles   [][]image.Image
	title   string // in the last line
}

const (
	sheetGap    = 3.0 // points
	sheetHead   = 13.0
	sheetRow    = 12.0
	sheetLegend = 16.0
)

func (s contactSheet) tileWidth() vg.Length {
	n := vg.Length(len(s.columns))
	return (textWidth - (n+1)*vg.Points(sheetGap)) / n
}

func (s contactSheet) height(aspect float64) vg.Length {
	return vg.Points(sheetHead+sheetLegend) +
		vg.Length(len(s.rows))*(s.tileWidth()*vg.Length(aspect)+vg.Points(sheetRow+sheetGap))
}

func (s contactSheet) paint(c draw.Canvas) {
	width := s.tileWidth()
	rowHeight := (c.Max.Y - c.Min.Y - vg.Points(sheetHead+sheetLegend)) / vg.Length(len(s.rows))
	tileHeight := rowHeight - vg.Points(sheetRow+sheetGap)
	left := func(column int) vg.Length {
		return c.Min.X + vg.Points(sheetGap) + vg.Length(column)*(width+vg.Points(sheetGap))
	}
	for i, name := range s.columns {
		c.FillText(textStyle(8.5, draw.XCenter, draw.YCenter),
			vg.Point{X: left(i) + width/2, Y: c.Max.Y - vg.Points(sheetHead/2)}, name)
	}
	for r, row := range s.tiles {
		top := c.Max.Y - vg.Points(sheetHead) - vg.Length(r)*rowHeight
		for i, m := range row {
			where := vg.Rectangle{
				Min: vg.Point{X: left(i), Y: top - tileHeight}, Max: vg.Point{X: left(i) + width, Y: top},
			}
			if m == nil {
				c.FillText(textStyle(7.5, draw.XCenter, draw.YCenter),
					vg.Point{X: left(i) + width/2, Y: top - tileHeight/2}, "not stored")
				continue
			}
			c.DrawImage(fit(where, m), m)
		}
		c.FillText(textStyle(8, draw.XLeft, draw.YCenter),
			vg.Point{X: left(0), Y: top - tileHeight - vg.Points(sheetRow/2)}, s.rows[r])
	}
	s.paintLegend(c)
}

// fit centres a picture in a rectangle and keeps its aspect ratio.
func fit(where vg.Rectangle, m image.Image) vg.Rectangle {
	width, height := size(m)
	scale := min((where.Max.X-where.Min.X)/vg.Length(width), (where.Max.Y-where.Min.Y)/vg.Length(height))
	w, h := vg.Length(width)*scale, vg.Length(height)*scale
	centre := vg.Point{X: (where.Min.X + where.Max.X) / 2, Y: where.Max.Y - h/2}
	return vg.Rectangle{
		Min: vg.Point{X: centre.X - w/2, Y: centre.Y - h/2}, Max: vg.Point{X: centre.X + w/2, Y: centre.Y + h/2},
	}
}

func (s contactSheet) paintLegend(c draw.Canvas) {
	x, y := c.Min.X+vg.Points(sheetGap), c.Min.Y+vg.Points(4)
	for _, entry := range []struct {
		color color.Color
		name  string
	}{{HitColor, "hit"}, {MissColor, "miss"}, {FalseAlarmColor, "false alarm"}} {
		box := []vg.Point{
			{X: x, Y: y},
			{X: x + vg.Points(9), Y: y},
			{X: x + vg.Points(9), Y: y + vg.Points(9)},
			{X: x, Y: y + vg.Points(9)},
		}
		c.FillPolygon(entry.color, box)
		c.StrokeLines(draw.LineStyle{Color: grey, Width: vg.Points(0.4)}, append(box, box[0]))
		style := textStyle(8, draw.XLeft, draw.YBottom)
		c.FillText(style, vg.Point{X: x + vg.Points(12), Y: y}, entry.name)
		x += vg.Points(24) + style.Width(entry.name)
	}
	c.FillText(textStyle(8, draw.XRight, draw.YBottom), vg.Point{X: c.Max.X - vg.Points(sheetGap), Y: y}, s.title)
}

// A Dataset of a sweep with the networks that ran on it, in the paper's order.
type Dataset struct {
	Label    string // with "(phantom)" and "(validation images)"
	Networks []Network
}

// A Network with its runs on a dataset: its folds and seeds.
type Network struct {
	Label string // unique among the networks of the dataset
	Runs  []*archive.Run
}

// Datasets sorts the runs of a sweep by their datasets and networks.
func Datasets(s *archive.Sweep) []Dataset {
	var list []Dataset
	for _, p := range panels(s) {
		d := Dataset{Label: p.dataset}
		for _, series := range p.series {
			d.Networks = append(d.Networks, Network{series.label, series.runs})
		}
		list = append(list, d)
	}
	return list
}

// ExampleRuns returns, for each dataset of a sweep, the run whose images are shown: R2U-Net with t = 2 if it
// finished.
func ExampleRuns(s *archive.Sweep) []*archive.Run {
	var runs []*archive.Run
	for _, p := range panels(s) {
		if r, _ := exampleRun(p); r != nil {
			runs = append(runs, r)
		}
	}
	return runs
}
