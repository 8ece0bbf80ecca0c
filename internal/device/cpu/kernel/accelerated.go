//go:build amd64 || arm64

package kernel

// assembly is a kernel for planes of Block Lanes; the wrappers below define the meaning of out, a, b, c and numbers.
type assembly func(out, a, b, c, numbers *float32, sums *float64, rows, pixels int)

// maps are the kernels over maps of one block size. Of a pair the second takes functions with a slope below zero, or
// also adds a map.
type maps struct {
	activate, activateGrad [2][2]assembly // by slope, then by addition
	gradSums, maxPoolGrad  [2]assembly
	add, moments, maxPool  assembly
	// depthwise and depthwiseGrad compute `parts` equal parts of each pixel in as many calls; 0 means that there are
	// none.
	depthwise     [2]assembly
	depthwiseGrad assembly
	parts         int
	// multiply, scalePixels and dots also add a map; arm64 has none.
	multiply, scalePixels, dots [2]assembly
}

// kernels are those of one instruction set.
type kernels struct {
	whole, half                        maps // of blocks of Lanes channels and of Half
	adam, pixelSums, lossGrad, sigmoid assembly
	elu, eluGrad, silu, siluGrad       assembly
}

// of returns the kernels for planes of a block size, nil if they are not blocked.
func (k *kernels) of(r Rows) *maps {
	switch r.Block {
	case Lanes:
		return &k.whole
	case Half:
		return &k.half
	}
	return nil
}

// slope returns the index of a function in a pair.
func slope(leaky bool) int {
	if leaky {
		return 1
	}
	return 0
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
			m := k.of(r)
			if m == nil {
				portable.Activate(y, z, residual, numbers, r)
				return
			}
			choose(&m.activate[slope(numbers.Leaky)], residual)(
				&y[0], &z[0], first(residual), nil, &numbers.Scale[0], nil, r.Count, r.Pixels)
		},
		GradSums: func(sums *Sums, z, dy []float32, g *NormGrad, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.GradSums(sums, z, dy, g, r)
				return
			}
			m.gradSums[slope(g.Leaky)](nil, &z[0], &dy[0], nil, &g.Scale[0], &sums[0][0], r.Count, r.Pixels)
		},
		ActivateGrad: func(dz, z, dy, acc []float32, g *NormGrad, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.ActivateGrad(dz, z, dy, acc, g, r)
				return
			}
			choose(&m.activateGrad[slope(g.Leaky)], acc)(
				&dz[0], &z[0], &dy[0], first(acc), &g.Scale[0], nil, r.Count, r.Pixels)
		},
		Add: func(y, a, b []float32, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.Add(y, a, b, r)
				return
			}
			m.add(&y[0], &a[0], &b[0], nil, nil, nil, r.Count, r.Pixels)
		},
		Moments: func(sums *Sums, x []float32, pivot *Channels, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.Moments(sums, x, pivot, r)
				return
			}
			m.moments(nil, &x[0], nil, nil, &pivot[0], &sums[0][0], r.Count, r.Pixels)
		},
		MaxPool: func(y, x []float32, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.MaxPool(y, x, r)
				return
			}
			m.maxPool(&y[0], &x[0], nil, nil, nil, nil, r.Count, r.Pixels)
		},
		MaxPoolGrad: func(dx, x, dy, acc []float32, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.MaxPoolGrad(dx, x, dy, acc, r)
				return
			}
			choose(&m.maxPoolGrad, acc)(&dx[0], &x[0], &dy[0], first(acc), nil, nil, r.Count, r.Pixels)
		},
		Depthwise: func(y, x, acc []float32, d *Depthwise, r Rows) {
			m := k.of(r)
			if m == nil || m.parts == 0 {
				portable.Depthwise(y, x, acc, d, r)
				return
			}
			run := choose(&m.depthwise, acc)
			for i := range m.parts {
				at := i * r.Block / m.parts
				var before *float32
				if acc != nil {
					before = &acc[at]
				}
				run(&y[at], &x[at], before, nil, &d.Taps[0][at], nil, r.Count, r.Pixels)
			}
		},
		DepthwiseGrad: func(sums *Taps, x, dy []float32, r Rows) {
			m := k.of(r)
			if m == nil || m.parts == 0 {
				portable.DepthwiseGrad(sums, x, dy, r)
				return
			}
			for i := range m.parts {
				at := i * r.Block / m.parts
				m.depthwiseGrad(&sums[0][at], &x[at], &dy[at], nil, nil, nil, r.Count, r.Pixels)
			}
		},
		Multiply: func(y, a, b, acc []float32, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.Multiply(y, a, b, acc, r)
				return
			}
			choose(&m.multiply, acc)(&y[0], &a[0], &b[0], first(acc), nil, nil, r.Count, r.Pixels)
		},
		ScalePixels: func(y, x, g, acc []float32, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.ScalePixels(y, x, g, acc, r)
				return
			}
			choose(&m.scalePixels, acc)(&y[0], &x[0], &g[0], first(acc), nil, nil, r.Count, r.Pixels)
		},
		Dots: func(y, a, b, acc []float32, r Rows) {
			m := k.of(r)
			if m == nil {
				portable.Dots(y, a, b, acc, r)
				return
			}
			choose(&m.dots, acc)(&y[0], &a[0], &b[0], first(acc), nil, nil, r.Count, r.Pixels)
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
		ELU: func(out, u []float32) {
			rest := whole(k.elu, out, u, nil, nil)
			portable.ELU(out[rest:], u[rest:])
		},
		SiLU: func(out, u []float32) {
			rest := whole(k.silu, out, u, nil, nil)
			portable.SiLU(out[rest:], u[rest:])
		},
		ELUGrad: func(out, u, d []float32) {
			rest := whole(k.eluGrad, out, u, d, nil)
			portable.ELUGrad(out[rest:], u[rest:], d[rest:])
		},
		SiLUGrad: func(out, u, d []float32) {
			rest := whole(k.siluGrad, out, u, d, nil)
			portable.SiLUGrad(out[rest:], u[rest:], d[rest:])
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
