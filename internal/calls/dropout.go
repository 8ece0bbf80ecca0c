package calls

import (
	"math"

	"r2unet/internal/device"
)

// Dropout is Y = X·mask/(1 − Rate), where the mask keeps each element with probability 1 − Rate (Srivastava et al.
// 2014), or each whole channel of a sample if Channels is set (Tompson et al. 2015). The mask is a function of the
// seed, the step and the position alone, so that a resumed run draws the same mask, on any device and with any number
// of threads.
type Dropout struct {
	X, Y     *device.Tensor
	Step     *device.Tensor // scalar: number of optimizer steps before this one
	Rate     float64        // in [0, 1)
	Channels bool
	Seed     uint64
}

func (*Dropout) Name() string { return "dropout" }

func (c *Dropout) Operands() []device.Operand {
	return []device.Operand{device.Donor(&c.X), device.Input(&c.Step), device.Output(&c.Y)}
}

// Traits declares no reach, because the mask belongs to positions in the whole image. Only training has dropout.
func (*Dropout) Traits() device.Traits { return device.Traits{MemoryBound: true} }

func (c *Dropout) Definition() device.Definition {
	return device.Define(c, dropout[float32], dropout[float64])
}

func dropout[T device.Float](c *Dropout, at device.Values[T]) {
	x, y := at.Features(c.X), at.Features(c.Y)
	mask := maskOf{NewStream(c.Seed, uint64(at.Plain(c.Step)[0])), c.Rate, c.Channels}
	for n := range x.N {
		for ch := range x.C {
			out := y.Plane(n, ch)
			for i, v := range x.Plane(n, ch) {
				out[i] = v * T(mask.factor(n*x.C+ch, i, x.H*x.W))
			}
		}
	}
}

// DropoutGrad is the gradient of Dropout with the same mask: DX = Acc + DY·mask/(1 − Rate).
type DropoutGrad struct {
	DY, Acc, DX *device.Tensor
	Step        *device.Tensor
	Rate        float64
	Channels    bool
	Seed        uint64
}

func (*DropoutGrad) Name() string { return "dropout gradient" }

func (c *DropoutGrad) Operands() []device.Operand {
	return []device.Operand{device.Donor(&c.DY), device.Input(&c.Step), device.Donor(&c.Acc), device.Output(&c.DX)}
}

func (*DropoutGrad) Traits() device.Traits { return device.Traits{MemoryBound: true} }

func (c *DropoutGrad) Definition() device.Definition {
	return device.Define(c, dropoutGrad[float32], dropoutGrad[float64])
}

func dropoutGrad[T device.Float](c *DropoutGrad, at device.Values[T]) {
	dy, acc, dx := at.Features(c.DY), at.Features(c.Acc), at.Features(c.DX)
	mask := maskOf{NewStream(c.Seed, uint64(at.Plain(c.Step)[0])), c.Rate, c.Channels}
	for n := range dy.N {
		for ch := range dy.C {
			out := dx.Plane(n, ch)
			for i, v := range dy.Plane(n, ch) {
				v *= T(mask.factor(n*dy.C+ch, i, dy.H*dy.W))
				if acc.Present() {
					v += acc.Plane(n, ch)[i]
				}
				out[i] = v
			}
		}
	}
}

// maskOf computes the mask of one step.
type maskOf struct {
	stream   Stream
	rate     float64
	channels bool
}

// factor returns the factor for element i of a plane of `area` elements.
func (m maskOf) factor(plane, i, area int) float64 {
	place := uint64(plane)
	if !m.channels {
		place = uint64(plane)*uint64(area) + uint64(i)
	}
	if m.stream.Below(place, Chance(m.rate)) {
		return 0
	}
	return 1 / (1 - m.rate)
}

// A Stream is random numbers that depend on nothing but its seed, the step and their place: SplitMix64 (Steele et al.
// 2014) over each in turn.
type Stream uint64

// NewStream returns the numbers of a step.
func NewStream(seed, step uint64) Stream { return Stream(mix(mix(0, seed), step)) }

// Chance is a probability as Below compares with it.
func Chance(probability float64) uint64 { return uint64(math.Ceil(probability * math.Exp2(53))) }

// Below reports whether the number at a place, in [0, 1), is below a probability.
func (s Stream) Below(place, chance uint64) bool { return mix(uint64(s), place)>>11 < chance }

func mix(h, part uint64) uint64 {
	h += part + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
