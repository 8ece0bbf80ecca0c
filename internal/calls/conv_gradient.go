package calls

import (
	"fmt"

	"r2unet/internal/device"
)

// ConvGradData is the data gradient of Conv: DX = Acc + Wᵀ * DZ. DZ [N, O, H, W], W [O, I, k, k], DX [N, I, H, W].
type ConvGradData struct{ DZ, W, Acc, DX *device.Tensor }

func (c *ConvGradData) Name() string {
	return fmt.Sprintf("conv %dx%d data gradient", c.W.Shape[2], c.W.Shape[3])
}

func (c *ConvGradData) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.DZ),
		device.Input(&c.W),
		device.Donor(&c.Acc),
		device.Output(&c.DX),
	}
}

func (c *ConvGradData) Traits() device.Traits {
	return device.Traits{FLOPs: convFLOPs(c.DZ, c.W), Reach: device.Within(c.W.Shape[2] / 2)}
}

func (c *ConvGradData) Definition() device.Definition {
	return device.Define(c, convGradData[float32], convGradData[float64])
}

func convGradData[T device.Float](c *ConvGradData, at device.Values[T]) {
	dz, w, dx := at.Features(c.DZ), at.Plain(c.W), at.Features(c.DX)
	k := c.W.Shape[2]
	acc := at.Features(c.Acc)
	sum := make([]float64, dx.H*dx.W)
	for n := range dx.N {
		for i := range dx.C {
			clear(sum)
			for o := range dz.C {
				for u := range k {
					for v := range k {
						accumulateShifted(sum, dz, n, o, k/2-u, k/2-v, w[((o*dx.C+i)*k+u)*k+v])
					}
				}
			}
			for e, v := range sum {
				if acc.Present() {
					v += float64(acc.Plane(n, i)[e])
				}
				dx.Plane(n, i)[e] = T(v)
			}
		}
	}
}

// ConvGradWeight is the weight gradient of Conv: DW[o, i, u, v] = Acc[o, i, u, v] + Σ
// DZ[n, o, h, w]·X[n, i, h+u−k/2, w+v−k/2].
type ConvGradWeight struct{ DZ, X, Acc, DW *device.Tensor }

func (c *ConvGradWeight) Name() string {
	return fmt.Sprintf("conv %dx%d weight gradient", c.DW.Shape[2], c.DW.Shape[3])
}

func (c *ConvGradWeight) Operands() []device.Operand {
	return []device.Operand{
		device.Input(&c.DZ),
		device.LateInput(&c.X),
		device.Donor(&c.Acc),
		device.Output(&c.DW),
	}
}

func (c *ConvGradWeight) Traits() device.Traits { return device.Traits{FLOPs: convFLOPs(c.X, c.DW)} }

func (c *ConvGradWeight) Definition() device.Definition {
	return device.Define(c, convGradWeight[float32], convGradWeight[float64])
}

func convGradWeight[T device.Float](c *ConvGradWeight, at device.Values[T]) {
	dz, x, acc, dw := at.Features(c.DZ), at.Features(c.X), at.Plain(c.Acc), at.Plain(c.DW)
	k := c.DW.Shape[2]
	for o := range dz.C {
		for i := range x.C {
			for u := range k {
				for v := range k {
					e := ((o*x.C+i)*k+u)*k + v
					sum := 0.0
					for n := range x.N {
						sum += correlate(dz, x, n, o, i, u-k/2, v-k/2)
					}
					if acc != nil {
						sum += float64(acc[e])
					}
					dw[e] = T(sum)
				}
			}
		}
	}
}

// correlate returns Σ a[n, ca, h, w] · b[n, cb, h+dh, w+dw] over all positions where both are inside.
func correlate[T device.Float](a, b device.Map[T], n, ca, cb, dh, dw int) float64 {
	first, last := max(0, -dw), min(a.W, b.W-dw)
	sum := 0.0
	for h := max(0, -dh); h < min(a.H, b.H-dh); h++ {
		ra, rb := a.Row(n, ca, h), b.Row(n, cb, h+dh)
		for w := first; w < last; w++ {
			sum += float64(ra[w]) * float64(rb[w+dw])
		}
	}
	return sum
}
