package kernel

import "r2unet/internal/device/cpu/isa"

// assembly is a kernel for planes of Block Lanes; the wrappers below define the meaning of out, a, b, c and numbers.
type assembly func(out, a, b, c, numbers *float32, sums *float64, rows, pixels int)

// kernels are those of one instruction set; the second kernel of a pair also adds a map.
type kernels struct {
	activate, activateGrad, maxPoolGrad   [2]assembly
	gradSums, add, moments, maxPool, adam assembly
	pixelSums, lossGrad, sigmoid          assembly
}

// accelerated returns the kernels for the set, which use the portable ones for planes that are not blocked.
func accelerated(s isa.Set, portable Set) Set {
	switch s {
	case isa.AVX512:
		return (&kernels{
			activate:     [2]assembly{activateAVX512, activateAddAVX512},
			activateGrad: [2]assembly{activateGradAVX512, activateGradAddAVX512},
			maxPoolGrad:  [2]assembly{maxPoolGradAVX512, maxPoolGradAddAVX512},
			gradSums:     gradSumsAVX512, add: addAVX512, moments: momentsAVX512,
			maxPool: maxPoolAVX512, adam: adamAVX512,
			pixelSums: pixelSumsAVX512, lossGrad: lossGradAVX512, sigmoid: sigmoidAVX512,
		}).over(portable)
	case isa.AVX2:
		return (&kernels{
			activate:     [2]assembly{activateAVX2, activateAddAVX2},
			activateGrad: [2]assembly{activateGradAVX2, activateGradAddAVX2},
			maxPoolGrad:  [2]assembly{maxPoolGradAVX2, maxPoolGradAddAVX2},
			gradSums:     gradSumsAVX2, add: addAVX2, moments: momentsAVX2, maxPool: maxPoolAVX2, adam: adamAVX2,
			pixelSums: pixelSumsAVX2, lossGrad: lossGradAVX2, sigmoid: sigmoidAVX2,
		}).over(portable)
	}
	return portable
}

// first returns the address of x, nil if x is absent.
func first(x []float32) *float32 {
	if x == nil {
		return nil
	}
	return &x[0]
}

// choose returns the variant that adds x if x is present.
func choose(pair *[2]assembly, x []float32) assembly {
	if x == nil {
		return pair[0]
	}
	return pair[1]
}

func (k *kernels) over(portable Set) Set {
	return Set{
		Activate: func(y, z, residual []float32, numbers *Affine, r Rows) {
			if r.Block != Lanes {
				portable.Activate(y, z, residual, numbers, r)
				return
			}
			choose(&k.activate, residual)(&y[0], &z[0], first(residual), nil, &numbers.Scale[0], nil, r.Count, r.Pixels)
		},
		GradSums: func(sums *Sums, z, dy []float32, g *NormGrad, r Rows) {
			if r.Block != Lanes {
				portable.GradSums(sums, z, dy, g, r)
				return
			}
			k.gradSums(nil, &z[0], &dy[0], nil, &g.Scale[0], &sums[0][0], r.Count, r.Pixels)
		},
		ActivateGrad: func(dz, z, dy, acc []float32, g *NormGrad, r Rows) {
			if r.Block != Lanes {
				portable.ActivateGrad(dz, z, dy, acc, g, r)
				return
			}
			choose(&k.activateGrad, acc)(&dz[0], &z[0], &dy[0], first(acc), &g.Scale[0], nil, r.Count, r.Pixels)
		},
		Add: func(y, a, b []float32, r Rows) {
			if r.Block != Lanes {
				portable.Add(y, a, b, r)
				return
			}
			k.add(&y[0], &a[0], &b[0], nil, nil, nil, r.Count, r.Pixels)
		},
		Moments: func(sums *Sums, x []float32, pivot *Channels, r Rows) {
			if r.Block != Lanes {
				portable.Moments(sums, x, pivot, r)
				return
			}
			k.moments(nil, &x[0], nil, nil, &pivot[0], &sums[0][0], r.Count, r.Pixels)
		},
		MaxPool: func(y, x []float32, r Rows) {
			if r.Block != Lanes {
				portable.MaxPool(y, x, r)
				return
			}
			k.maxPool(&y[0], &x[0], nil, nil, nil, nil, r.Count, r.Pixels)
		},
		MaxPoolGrad: func(dx, x, dy, acc []float32, r Rows) {
			if r.Block != Lanes {
				portable.MaxPoolGrad(dx, x, dy, acc, r)
				return
			}
			choose(&k.maxPoolGrad, acc)(&dx[0], &x[0], &dy[0], first(acc), nil, nil, r.Count, r.Pixels)
		},
		Adam: func(param, grad, m, v []float32, a *AdamStep) {
			whole := len(grad) / Lanes
			if whole > 0 {
				k.adam(&param[0], &grad[0], &m[0], &v[0], &a.Beta1, nil, whole, 0)
			}
			rest := whole * Lanes
			portable.Adam(param[rest:], grad[rest:], m[rest:], v[rest:], a)
		},
		PixelSums: func(sums *PixelSums, logits, target []float32) {
			rest := whole(k.pixelSums, sums.Entropy[:], logits, target, nil)
			portable.PixelSums(sums, logits[rest:], target[rest:])
		},
		LossGrad: func(out, logits, target []float32, g *LossGrad) {
			rest := whole(k.lossGrad, out, logits, target, &g.BCE)
			portable.LossGrad(out[rest:], logits[rest:], target[rest:], g)
		},
		Sigmoid: func(out, logits []float32) {
			rest := whole(k.sigmoid, out, logits, nil, nil)
			portable.Sigmoid(out[rest:], logits[rest:])
		},
	}
}

// whole runs a kernel over the whole vectors of a flat row and returns the index at which the rest begins.
func whole(kernel assembly, out, a, b []float32, numbers *float32) int {
	vectors := len(a) / Lanes
	if vectors > 0 {
		kernel(first(out), &a[0], first(b), nil, numbers, nil, vectors, 0)
	}
	return vectors * Lanes
}
