package raster

import (
	"encoding/binary"
	"image"
	"image/color"
)

// FromImage converts a picture of Go's decoders to a raster: one channel if it is grey and three (R, G, B) otherwise,
// 16 bits if the picture has them and 8 otherwise. Colours are never multiplied by alpha, which is kept separately.
func FromImage(img image.Image) *Image {
	switch m := img.(type) {
	case *image.Gray:
		return fromRows(m.Pix, m.Stride, m.Rect, 1)
	case *image.Gray16:
		return fromGray16(m)
	case *image.YCbCr:
		return fromYCbCr(m)
	case *image.NYCbCrA:
		out := fromYCbCr(&m.YCbCr)
		out.Alpha = fromRows(m.A, m.AStride, m.Rect, 1).Data
		out.dropOpaque()
		return out
	case *image.Paletted:
		return fromPaletted(m)
	case *image.NRGBA:
		return fromRows(m.Pix, m.Stride, m.Rect, 4).SplitAlpha()
	}
	if deep(img) {
		return fromColors16(img)
	}
	return fromColors8(img)
}

func deep(img image.Image) bool {
	switch img.(type) {
	case *image.RGBA64, *image.NRGBA64:
		return true
	}
	return false
}

// fromRows copies pictures whose bytes are the samples already, without the padding between rows.
func fromRows(pix []byte, stride int, r image.Rectangle, channels int) *Image {
	out := New(r.Dx(), r.Dy(), channels, Uint8)
	row := r.Dx() * channels
	for y := range r.Dy() {
		copy(out.Data[y*row:(y+1)*row], pix[y*stride:])
	}
	return out
}

func fromGray16(m *image.Gray16) *Image {
	out := New(m.Rect.Dx(), m.Rect.Dy(), 1, Uint16)
	for y := range out.Height {
		for x := range out.Width {
			v := binary.BigEndian.Uint16(m.Pix[y*m.Stride+2*x:])
			binary.LittleEndian.PutUint16(out.Data[2*(y*out.Width+x):], v)
		}
	}
	return out
}

func fromYCbCr(m *image.YCbCr) *Image {
	out := New(m.Rect.Dx(), m.Rect.Dy(), 3, Uint8)
	i := 0
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			l, c := m.YOffset(x, y), m.COffset(x, y)
			out.Data[i], out.Data[i+1], out.Data[i+2] = color.YCbCrToRGB(m.Y[l], m.Cb[c], m.Cr[c])
			i += 3
		}
	}
	return out
}

// fromPaletted returns one channel if every colour that occurs is a grey.
func fromPaletted(m *image.Paletted) *Image {
	var rgb [256][3]uint8
	var alpha [256]uint8
	var used [256]bool
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		rgb[i], alpha[i] = [3]uint8{n.R, n.G, n.B}, n.A
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	grey, opaque := true, true
	for y := range h {
		for _, p := range m.Pix[y*m.Stride : y*m.Stride+w] {
			if !used[p] {
				used[p] = true
				grey = grey && rgb[p][0] == rgb[p][1] && rgb[p][1] == rgb[p][2]
				opaque = opaque && alpha[p] == 255
			}
		}
	}
	channels := 3
	if grey {
		channels = 1
	}
	out := New(w, h, channels, Uint8)
	if !grey {
		out.Indices = make([]byte, w*h)
	}
	if !opaque {
		out.Alpha = make([]byte, w*h)
	}
	for y := range h {
		if !grey {
			copy(out.Indices[y*w:], m.Pix[y*m.Stride:y*m.Stride+w])
		}
		for x, p := range m.Pix[y*m.Stride : y*m.Stride+w] {
			copy(out.Data[(y*w+x)*channels:], rgb[p][:channels])
			if !opaque {
				out.Alpha[y*w+x] = alpha[p]
			}
		}
	}
	return out
}

func fromColors8(img image.Image) *Image {
	b := img.Bounds()
	out := New(b.Dx(), b.Dy(), 4, Uint8)
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			out.Data[i], out.Data[i+1], out.Data[i+2], out.Data[i+3] = c.R, c.G, c.B, c.A
			i += 4
		}
	}
	return out.SplitAlpha()
}

func fromColors16(img image.Image) *Image {
	b := img.Bounds()
	out := New(b.Dx(), b.Dy(), 4, Uint16)
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBA64Model.Convert(img.At(x, y)).(color.NRGBA64)
			for _, v := range [4]uint16{c.R, c.G, c.B, c.A} {
				binary.LittleEndian.PutUint16(out.Data[i:], v)
				i += 2
			}
		}
	}
	return out.SplitAlpha()
}
