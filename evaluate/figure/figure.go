// Package figure draws the counterparts of the paper's figures: accuracy during training, ROC and
// precision–recall curves, and example segmentations. They are meant for print, one column wide, in colours
// and dashes that readers with any colour vision can distinguish.
package figure

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Widths of a journal's column and of its text block.
const (
	columnWidth = 3.5 * vg.Inch
	textWidth   = 7.16 * vg.Inch
	resolution  = 300 // of PNG files in dots per inch, unless a figure consists of pictures
)

// A Figure can be written as PNG, SVG and PDF.
type Figure struct {
	Name    string // of its files, without extension
	Caption string // with the number of the corresponding figure of the paper
	Width   vg.Length
	Height  vg.Length

	resolution int // of the PNG file in dots per inch; 0 means 300
	paint      func(draw.Canvas)
}

// PNG returns the figure as a PNG file for print.
func (f *Figure) PNG() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(cmp.Or(f.resolution, resolution)),
		vgimg.UseBackgroundColor(color.White))
	f.paint(draw.New(canvas))
	var out bytes.Buffer
	if err := png.Encode(&out, canvas.Image()); err != nil {
		return nil, fmt.Errorf("encode figure %s: %w", f.Name, err)
	}
	return out.Bytes(), nil
}

// SVG returns the figure as an SVG file.
func (f *Figure) SVG() ([]byte, error) {
	canvas := vgsvg.New(f.Width, f.Height)
	f.paint(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("encode figure %s: %w", f.Name, err)
	}
	return out.Bytes(), nil
}

// The colours of Okabe and Ito, which also differ in lightness.
var (
	black     = color.RGBA{0, 0, 0, 255}
	orange    = color.RGBA{230, 159, 0, 255}
	skyBlue   = color.RGBA{86, 180, 233, 255}
	green     = color.RGBA{0, 158, 115, 255}
	yellow    = color.RGBA{240, 228, 66, 255}
	blue      = color.RGBA{0, 114, 178, 255}
	vermilion = color.RGBA{213, 94, 0, 255}
	purple    = color.RGBA{204, 121, 167, 255}
	grey      = color.RGBA{130, 130, 130, 255}
)

// lineStyle returns the style of the i-th network's line; colour or dashes alone are enough to identify it.
func lineStyle(i int) draw.LineStyle {
	colors := []color.Color{black, orange, blue, vermilion, green, purple, skyBlue}
	dashes := [][]vg.Length{
		nil,
		{vg.Points(6), vg.Points(2)},
		{vg.Points(2), vg.Points(2)},
		nil,
		{vg.Points(6), vg.Points(2), vg.Points(1.5), vg.Points(2)},
	}
	return draw.LineStyle{Color: colors[i%len(colors)], Width: vg.Points(1.2), Dashes: dashes[i%len(dashes)]}
}

// sans returns the figures' font at a size in points.
func sans(points float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(points))
}

// textStyle returns the style of black text of a size.
func textStyle(points float64, x draw.XAlignment, y draw.YAlignment) draw.TextStyle {
	return draw.TextStyle{Color: black, Font: sans(points), XAlign: x, YAlign: y, Handler: plot.DefaultTextHandler}
}

// newPlot returns an empty plot in the figures' style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans(8.5)
	p.Title.Padding = vg.Points(3)
	p.Legend.TextStyle.Font = sans(7.5)
	p.Legend.ThumbnailWidth = vg.Points(22)
	p.Legend.Padding = vg.Points(1.5)
	p.Legend.XOffs, p.Legend.YOffs = -vg.Points(5), vg.Points(4)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(8)
		axis.Tick.Label.Font = sans(7.5)
		axis.LineStyle.Width = vg.Points(0.5)
		axis.Tick.LineStyle.Width = vg.Points(0.5)
		axis.Padding = vg.Points(2)
		axis.Tick.Marker = roundTicks{}
	}
	return p
}

// grid returns the grid behind the curves.
func gridStyle() draw.LineStyle {
	return draw.LineStyle{Color: color.RGBA{225, 225, 225, 255}, Width: vg.Points(0.4)}
}

// plotFigure returns a figure of one plot, one column wide.
func plotFigure(name, caption string, p *plot.Plot) *Figure {
	return &Figure{
		Name: name, Caption: caption, Width: columnWidth, Height: 2.7 * vg.Inch,
		paint: func(c draw.Canvas) { p.Draw(draw.Crop(c, vg.Points(2), -vg.Points(7), vg.Points(2), -vg.Points(3))) },
	}
}

// size returns the picture's width and height in px.
func size(m image.Image) (width, height int) { return m.Bounds().Dx(), m.Bounds().Dy() }
