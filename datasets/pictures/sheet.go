package pictures

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"r2unet/datasets"
)

// Sizes of a sheet, px.
const (
	gap     = 8
	caption = 18
)

// cell is a picture of a sheet with its caption.
type cell struct {
	caption string
	img     image.Image
}

// sheet arranges cells of one size in rows. width and height are px of a cell's picture.
func sheet(cells []cell, columns, width, height int) image.Image {
	rows := (len(cells) + columns - 1) / columns
	out := image.NewRGBA(image.Rect(0, 0, gap+columns*(width+gap), gap+rows*(height+caption+gap)))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	for i, c := range cells {
		x, y := gap+i%columns*(width+gap), gap+i/columns*(height+caption+gap)
		text := font.Drawer{Dst: out, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(x, y+12)}
		text.DrawString(c.caption)
		to := image.Rect(x, y+caption, x+width, y+caption+height)
		if c.img.Bounds().Dx() <= width/2 {
			xdraw.NearestNeighbor.Scale(out, to, c.img, c.img.Bounds(), draw.Src, nil)
		} else {
			xdraw.CatmullRom.Scale(out, to, c.img, c.img.Bounds(), draw.Src, nil)
		}
	}
	return out
}

// photograph converts intensities 0–1, [C, H, W], to a picture.
func photograph(pixels []float32, channels, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	n := w * h
	for i := range n {
		var v [3]uint8
		for c := range v {
			v[c] = uint8(min(max(pixels[min(c, channels-1)*n+i], 0), 1)*255 + 0.5)
		}
		out.SetRGBA(i%w, i/w, color.RGBA{v[0], v[1], v[2], 255})
	}
	return out
}

func sampleImage(s *datasets.Sample) *image.RGBA {
	return photograph(s.Image, s.Channels, s.Width, s.Height)
}

// mask converts zeros and ones, [H, W], to a black-and-white picture.
func mask(values []uint8, w, h int) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, w, h))
	for i, v := range values {
		out.Pix[i] = 255 * v
	}
	return out
}

// crop copies a part of a picture.
func crop(img image.Image, r image.Rectangle) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(out, out.Rect, img, r.Min, draw.Src)
	return out
}

// outlineColour is visible on red, black and grey.
var outlineColour = color.RGBA{0, 230, 255, 255}

// outline draws the border of a mask onto a picture, wide px wide.
func outline(img *image.RGBA, values []uint8, wide int) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := 1; y < h; y++ {
		for x := 1; x < w; x++ {
			i := y*w + x
			if values[i] == values[i-1] && values[i] == values[i-w] {
				continue
			}
			spot := image.Rect(x-wide/2, y-wide/2, x+wide/2+1, y+wide/2+1)
			draw.Draw(img, spot, image.NewUniform(outlineColour), image.Point{}, draw.Src)
		}
	}
}
