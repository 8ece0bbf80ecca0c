package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"os"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/encoding/charmap"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgpdf"
)

// The same figure gives the same bytes: no time of its making, and parts in a fixed order.
func init() {
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultCatalogSort(true)
}

// PDF returns the figure as a PDF file of one page, with its fonts. They have the letters of Western Europe; others
// become question marks. The system's folder for temporary files must be writable, as making a font goes through it.
func (f *Figure) PDF() (file []byte, err error) {
	defer func() {
		switch panicked := recover().(type) {
		case nil:
		case string:
			if !strings.Contains(panicked, "could not generate font") {
				panic(panicked)
			}
			file, err = nil, fmt.Errorf("figure %s: %s (is %s, the folder for temporary files, writable, or TMPDIR "+
				"to be set?)", f.Name, panicked, os.TempDir())
		default:
			panic(panicked)
		}
	}()
	canvas := &pdfCanvas{Canvas: vgpdf.New(f.Width, f.Height)}
	f.paint(vgdraw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("encode figure %s: %w", f.Name, err)
	}
	return out.Bytes(), nil
}

// pdfCanvas corrects what vgpdf leaves to its callers.
type pdfCanvas struct {
	*vgpdf.Canvas
	pictures int
}

// FillString draws a text in the code page that vgpdf's fonts have.
func (c *pdfCanvas) FillString(face font.Face, at vg.Point, text string) {
	var page []byte
	for _, r := range text {
		if r == '−' {
			r = '–' // the code page lacks the minus sign, and the dash looks the same
		}
		b, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			b = '?'
		}
		page = append(page, b)
	}
	c.Canvas.FillString(face, at, string(page))
}

// DrawImage draws a picture with as many transparent columns at its right as there were pictures before it: fpdf orders
// pictures by their widths, and those of one width at random.
func (c *pdfCanvas) DrawImage(rect vg.Rectangle, picture image.Image) {
	size := picture.Bounds().Size()
	wider := image.NewNRGBA(image.Rect(0, 0, size.X+c.pictures, size.Y))
	draw.Draw(wider, wider.Bounds().Intersect(image.Rectangle{Max: size}), picture, picture.Bounds().Min, draw.Src)
	rect.Max.X += rect.Size().X * vg.Length(c.pictures) / vg.Length(size.X)
	c.pictures++
	c.Canvas.DrawImage(rect, wider)
}
