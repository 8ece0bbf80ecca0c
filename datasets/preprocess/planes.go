// Package preprocess turns decoded pictures into network input: planes of intensities 0–1, cropped, resized,
// equalized.
package preprocess

import (
	"fmt"
	"math"

	"r2unet/datasets/raster"
)

// Planes is an image [C, H, W] with intensities 0–1.
type Planes struct {
	Width, Height, Channels int
	Pixels                  []float32
}

// New allocates black planes.
func New(width, height, channels int) *Planes {
	return &Planes{Width: width, Height: height, Channels: channels, Pixels: make([]float32, width*height*channels)}
}

// Plane returns one channel, [H, W].
func (p *Planes) Plane(c int) []float32 {
	n := p.Width * p.Height
	return p.Pixels[c*n : (c+1)*n]
}

// Weights of the luminance (Rec. 601), which converts colour images to grey.
const (
	redWeight   = 0.299
	greenWeight = 0.587
	blueWeight  = 0.114
)

// FromPhotograph returns an input ("grey", "green" or "rgb") of a picture of 8, 16 or 32 unsigned bits. A grey picture
// gives its only channel for each input. Signed and float samples are an error.
func FromPhotograph(m *raster.Image, input string) (*Planes, error) {
	full := m.FullScale()
	if full == 0 {
		return nil, fmt.Errorf("samples of type %v have no white, which a picture without a window needs: save it "+
			"with 8 or 16 unsigned bits, as the training pictures are", m.Type)
	}
	channels := 1
	if input == "rgb" {
		channels = 3
	}
	out := New(m.Width, m.Height, channels)
	if m.Type == raster.Uint8 {
		level := func(i int) float64 { return float64(m.Data[i]) }
		takeChannels(out, m.Channels, input, 1/full, level)
	} else {
		takeChannels(out, m.Channels, input, 1/full, m.At)
	}
	return out, nil
}

// takeChannels fills planes from interleaved samples. level returns a sample by its index.
func takeChannels(out *Planes, channels int, input string, scale float64, level func(i int) float64) {
	n := out.Width * out.Height
	for i := range n {
		at := i * channels
		switch {
		case channels < 3:
			v := float32(level(at) * scale)
			for c := range out.Channels {
				out.Pixels[c*n+i] = v
			}
		case input == "rgb":
			for c := range 3 {
				out.Pixels[c*n+i] = float32(level(at+c) * scale)
			}
		case input == "green":
			out.Pixels[i] = float32(level(at+1) * scale)
		default:
			out.Pixels[i] = float32((redWeight*level(at) + greenWeight*level(at+1) + blueWeight*level(at+2)) * scale)
		}
	}
}

// FromCT maps CT numbers low–high to 0–1 and clamps what lies outside, such as the padding around the scan circle.
// NaN is an error.
func FromCT(m *raster.Image, low, high float64) (*Planes, error) {
	out := New(m.Width, m.Height, 1)
	for i := range out.Pixels {
		v := m.At(i * m.Channels)
		if math.IsNaN(v) {
			return nil, fmt.Errorf("NaN at column %d, row %d", i%m.Width, i/m.Width)
		}
		out.Pixels[i] = float32(min(max((v-low)/(high-low), 0), 1))
	}
	return out, nil
}

// CropRows keeps the rows first to last, counted from 0 and both included.
func (p *Planes) CropRows(first, last int) *Planes {
	out := New(p.Width, last-first+1, p.Channels)
	for c := range p.Channels {
		copy(out.Plane(c), p.Plane(c)[first*p.Width:(last+1)*p.Width])
	}
	return out
}

// Gamma raises every intensity to the power 1/gamma: values above 1 make dark parts lighter.
func (p *Planes) Gamma(gamma float64) {
	for i, v := range p.Pixels {
		p.Pixels[i] = float32(math.Pow(float64(v), 1/gamma))
	}
}
