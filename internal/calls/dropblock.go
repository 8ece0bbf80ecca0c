package calls

import "r2unet/internal/device"

// DropBlock is Y = X·mask·(elements/kept elements), where the mask is 0 in squares of Size×Size pixels of single
// channels of a sample (Ghiasi et al. 2018). The corners of the squares are drawn from the places where a square lies
// within the map, with the probability at which, without overlaps, the fraction Rate of the map is dropped. On a map
// that is smaller than Size, squares are as large as its shorter side. As in Dropout, the mask is a function of the
// seed, the step and the position.
type DropBlock struct {
	X, Y *device.Tensor
	Step *device.Tensor // scalar: number of training batches before this one
	Rate float64        // in [0, 1)
	Size int            // px
	Seed uint64
}

func (*DropBlock) Name() string { return "drop-block" }

func (c *DropBlock) Operands() []device.Operand {
	return []device.Operand{device.Donor(&c.X), device.Input(&c.Step), device.Output(&c.Y)}
}

// Traits declares no reach, because the mask belongs to positions in the whole image. Only training has it.
func (*DropBlock) Traits() device.Traits { return device.Traits{} }

func (c *DropBlock) Definition() device.Definition {
	return device.Define(c, dropBlock[float32], dropBlock[float64])
}

func dropBlock[T device.Float](c *DropBlock, at device.Values[T]) {
	x, y := at.Features(c.X), at.Features(c.Y)
	mask := blockMask(x, c.Seed, uint64(at.Plain(c.Step)[0]), c.Rate, c.Size)
	for n := range x.N {
		for ch := range x.C {
			m, out := mask[(n*x.C+ch)*x.H*x.W:], y.Plane(n, ch)
			for i, v := range x.Plane(n, ch) {
				out[i] = v * m[i]
			}
		}
	}
}

// DropBlockGrad is the gradient of DropBlock with the same mask: DX = Acc + DY·mask·(elements/kept elements).
type DropBlockGrad struct {
	DY, Acc, DX *device.Tensor
	Step        *device.Tensor
	Rate        float64
	Size        int
	Seed        uint64
}

func (*DropBlockGrad) Name() string { return "drop-block gradient" }

func (c *DropBlockGrad) Operands() []device.Operand {
	return []device.Operand{device.Donor(&c.DY), device.Input(&c.Step), device.Donor(&c.Acc), device.Output(&c.DX)}
}

func (*DropBlockGrad) Traits() device.Traits { return device.Traits{} }

func (c *DropBlockGrad) Definition() device.Definition {
	return device.Define(c, dropBlockGrad[float32], dropBlockGrad[float64])
}

func dropBlockGrad[T device.Float](c *DropBlockGrad, at device.Values[T]) {
	dy, acc, dx := at.Features(c.DY), at.Features(c.Acc), at.Features(c.DX)
	mask := blockMask(dy, c.Seed, uint64(at.Plain(c.Step)[0]), c.Rate, c.Size)
	for n := range dy.N {
		for ch := range dy.C {
			m, out := mask[(n*dy.C+ch)*dy.H*dy.W:], dx.Plane(n, ch)
			for i, v := range dy.Plane(n, ch) {
				v *= m[i]
				if acc.Present() {
					v += acc.Plane(n, ch)[i]
				}
				out[i] = v
			}
		}
	}
}

// blockMask returns the factors of all elements of a map of the shape of x: 0 in the squares, and elsewhere what keeps
// the sum of equal elements.
func blockMask[T device.Float](x device.Map[T], seed, step uint64, rate float64, size int) []T {
	squares := NewSquares(x.H, x.W, size, rate)
	stream := NewStream(seed, step)
	mask := make([]T, x.N*x.C*x.H*x.W)
	for i := range mask {
		mask[i] = 1
	}
	for plane := range x.N * x.C {
		squares.Draw(stream, plane, func(h, w int) {
			first := plane*x.H*x.W + h*x.W + w
			for row := range squares.Side {
				clear(mask[first+row*x.W:][:squares.Side])
			}
		})
	}
	kept := 0
	for _, m := range mask {
		if m != 0 {
			kept++
		}
	}
	for i := range mask {
		if mask[i] != 0 {
			mask[i] = T(float64(len(mask)) / float64(kept))
		}
	}
	return mask
}

// Squares are those of a DropBlock on planes of one size.
type Squares struct {
	Side          int // px
	rows, columns int // of corners
	chance        uint64
}

// NewSquares returns the squares of `size` px at most on planes of h×w px, of which they drop the fraction rate.
func NewSquares(h, w, size int, rate float64) Squares {
	s := Squares{Side: min(size, h, w)}
	s.rows, s.columns = h-s.Side+1, w-s.Side+1
	s.chance = Chance(rate * float64(h*w) / float64(s.Side*s.Side) / float64(s.rows*s.columns))
	return s
}

// Draw calls drop for the upper left pixel of each square of a plane, of which a sample has one for each channel.
func (s Squares) Draw(stream Stream, plane int, drop func(h, w int)) {
	first := uint64(plane) * uint64(s.rows*s.columns)
	for corner := range s.rows * s.columns {
		if stream.Below(first+uint64(corner), s.chance) {
			drop(corner/s.columns, corner%s.columns)
		}
	}
}
