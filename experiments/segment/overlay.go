package segment

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"

	"r2unet/datasets"
)

// colour is one of those that can be told apart with any colour vision (Okabe and Ito, 2008).
type colour struct {
	name string
	color.RGBA
}

// colours are those of the foreground classes, in their order.
var colours = []colour{
	{"sky blue", color.RGBA{86, 180, 233, 255}},
	{"orange", color.RGBA{230, 159, 0, 255}},
	{"bluish green", color.RGBA{0, 158, 115, 255}},
	{"yellow", color.RGBA{240, 228, 66, 255}},
	{"reddish purple", color.RGBA{204, 121, 167, 255}},
	{"blue", color.RGBA{0, 114, 178, 255}},
	{"vermilion", color.RGBA{213, 94, 0, 255}},
}

// fills are the patterns of areas, which tell classes of one colour apart: plain, and stripes of both diagonals.
var fills = []struct {
	name string
	at   func(x, y int) bool
}{
	{"", func(int, int) bool { return true }},
	{", striped /", func(x, y int) bool { return (x+y)/4%2 == 0 }},
	{`, striped \`, func(x, y int) bool { return (x-y+1<<20)/4%2 == 0 }},
}

// fillOpacity is that of areas; contours are opaque.
const fillOpacity = 0.35

// overlayColours lists the colours of the foreground classes.
func overlayColours(of datasets.Classes) string {
	var texts []string
	for i, c := range of[1:] {
		fill := fills[i/len(colours)%len(fills)]
		texts = append(texts, fmt.Sprintf("%s %s%s", c.Name, colours[i%len(colours)].name, fill.name))
	}
	return strings.Join(texts, ", ")
}

// overlayHex lists the colours as CSS has them, with spaces between.
func overlayHex() string {
	var all []string
	for _, c := range colours {
		all = append(all, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
	}
	return strings.Join(all, " ")
}

// shown draws the picture in 8 bits, grey where it has fewer than three channels: CT numbers through the networks'
// window, others by the white of their type, or, if that has none, from their smallest to their largest.
func (p *Prediction) shown() *image.RGBA {
	m := p.picture
	low, high := p.window[0], p.window[1]
	if low == high {
		high = m.FullScale()
	}
	if high == 0 && low == 0 {
		low, high = math.Inf(1), math.Inf(-1)
		for i := range m.Samples() {
			if v := m.At(i); !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	level := func(i int) uint8 {
		v := (m.At(i) - low) / (high - low)
		if !(v > 0) { // also where all samples are the same
			return 0
		}
		return uint8(math.Round(255 * min(1, v)))
	}
	out := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i := range m.Width * m.Height {
		at := i * m.Channels
		c := color.RGBA{R: level(at), A: 255}
		c.G, c.B = c.R, c.R
		if m.Channels >= 3 {
			c.G, c.B = level(at+1), level(at+2)
		}
		copy(out.Pix[4*i:], []uint8{c.R, c.G, c.B, c.A})
	}
	return out
}

// OverlayPNG draws the mask over the picture: areas in a translucent colour, their contours in the colour itself.
func (p *Prediction) OverlayPNG() ([]byte, error) {
	picture := p.shown()
	width := max(1, min(p.Width, p.Height)/500) // of contours, px
	for y := range p.Height {
		for x := range p.Width {
			class := int(p.Mask[y*p.Width+x])
			if class == 0 {
				continue
			}
			k, opacity := class-1, 1.0
			if !p.atContour(x, y, width) {
				if opacity = fillOpacity; !fills[k/len(colours)%len(fills)].at(x, y) {
					continue
				}
			}
			c, pix := colours[k%len(colours)], picture.Pix[picture.PixOffset(x, y):]
			for i, v := range []uint8{c.R, c.G, c.B} {
				pix[i] = uint8(math.Round((1-opacity)*float64(pix[i]) + opacity*float64(v)))
			}
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, picture)
	return out.Bytes(), err
}

// atContour reports whether a pixel is within so many pixels of another class, along a row or column.
func (p *Prediction) atContour(x, y, width int) bool {
	class := p.Mask[y*p.Width+x]
	for d := 1; d <= width; d++ {
		for _, at := range [4][2]int{{x - d, y}, {x + d, y}, {x, y - d}, {x, y + d}} {
			if at[0] >= 0 && at[1] >= 0 && at[0] < p.Width && at[1] < p.Height && p.Mask[at[1]*p.Width+at[0]] != class {
				return true
			}
		}
	}
	return false
}
