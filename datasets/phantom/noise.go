package phantom

import (
	"math"
	"math/rand/v2"
)

// field is a grey plane in which structures are computed.
type field struct {
	w, h int
	v    []float32
}

func newField(w, h int) *field { return &field{w, h, make([]float32, w*h)} }

// at returns the value of a pixel, or of the nearest pixel for positions outside the plane.
func (f *field) at(x, y int) float32 {
	return f.v[min(max(y, 0), f.h-1)*f.w+min(max(x, 0), f.w-1)]
}

// fractal returns smooth noise with mean 0 and a deviation of about 0.3: octaves of random values on grids of cell,
// cell/2, … px, each half as strong as the one before.
func fractal(r *rand.Rand, w, h int, cell float64, octaves int) *field {
	out := newField(w, h)
	strength := float32(0.5)
	for range octaves {
		nx, ny := int(float64(w)/cell)+3, int(float64(h)/cell)+3
		grid := make([]float32, nx*ny)
		for i := range grid {
			grid[i] = float32(2*r.Float64()-1) * strength
		}
		for y := range h {
			gy, fy := split(float64(y) / cell)
			for x := range w {
				gx, fx := split(float64(x) / cell)
				i := gy*nx + gx
				top := grid[i] + (grid[i+1]-grid[i])*fx
				bottom := grid[i+nx] + (grid[i+nx+1]-grid[i+nx])*fx
				out.v[y*w+x] += top + (bottom-top)*fy
			}
		}
		cell = max(cell/2, 1)
		strength /= 2
	}
	return out
}

// split returns the integer part and the eased fraction, which hides the grid's lines.
func split(v float64) (int, float32) {
	i := int(v)
	f := v - float64(i)
	return i, float32(f * f * (3 - 2*f))
}

// blur applies a Gaussian filter with a standard deviation of sigma px, approximated by three box filters.
func (f *field) blur(sigma float64) *field {
	radius := int(math.Round(sigma))
	if radius < 1 {
		return f
	}
	out := f
	for range 3 {
		out = out.box(radius)
	}
	return out
}

func (f *field) box(radius int) *field {
	rows, out := newField(f.w, f.h), newField(f.w, f.h)
	scale := 1 / float32(2*radius+1)
	for y := range f.h {
		sum := float32(0)
		for x := -radius; x <= radius; x++ {
			sum += f.at(x, y)
		}
		for x := range f.w {
			rows.v[y*f.w+x] = sum * scale
			sum += f.at(x+radius+1, y) - f.at(x-radius, y)
		}
	}
	for x := range f.w {
		sum := float32(0)
		for y := -radius; y <= radius; y++ {
			sum += rows.at(x, y)
		}
		for y := range f.h {
			out.v[y*f.w+x] = sum * scale
			sum += rows.at(x, y+radius+1) - rows.at(x, y-radius)
		}
	}
	return out
}

// between returns a random number from low to high.
func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// smoothstep rises from 0 at a to 1 at b.
func smoothstep(a, b, v float64) float64 {
	t := min(max((v-a)/(b-a), 0), 1)
	return t * t * (3 - 2*t)
}

func byteOf(v float64) uint8 { return uint8(min(max(v*255+0.5, 0), 255)) }
