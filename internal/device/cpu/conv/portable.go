package conv

import "unsafe"

// portableTiles returns tile kernels in plain Go with outputs of `width` channels, for processors without assembly and
// as an independent check of it. They add in float64, which costs nothing without vectors.
func portableTiles(width int) []tileKernel {
	var tiles []tileKernel
	for f := range families {
		for _, step := range f.inputs() {
			for _, cols := range []int{1, 4} {
				run := func(a *tileArgs) { portableTile(a, f, step, cols, width) }
				tiles = append(tiles, tileKernel{f, step, 1, 1, cols, run})
			}
		}
	}
	return tiles
}

// portableTile computes up to four pixels of one row and one block.
func portableTile(a *tileArgs, f family, step, cols, width int) {
	var acc [4][lanes]float64
	if a.init != nil {
		for c := range cols {
			for o, v := range vector(a.init, c*f.out(width), width) {
				acc[c][o] = float64(v)
			}
		}
	}
	w := 0 // the next weights
	for plane := range a.planes {
		for u := range a.tapRows {
			row := offset(a.x, plane*a.xPlane+u*a.xRow)
			for lane := range a.lanes {
				for tap := range f.taps() {
					weights := vector(a.w, w, width)
					for c := range cols {
						x := float64(*offset(row, 4*((c*f.skip()+tap)*step+lane)))
						sum := &acc[c]
						for o, v := range weights {
							sum[o] += x * float64(v)
						}
					}
					w += width
				}
			}
		}
	}
	for c := range cols {
		for o := range vector(a.out, c*f.out(width), width) {
			vector(a.out, c*f.out(width), width)[o] = float32(acc[c][o])
		}
	}
}

// vector returns the `width` floats that begin the given number of floats after p.
func vector(p *float32, floats, width int) []float32 {
	return unsafe.Slice((*float32)(offsetPointer(p, 4*floats)), width)
}

// portableGrads returns the weight gradients in plain Go.
func portableGrads() (grads []gradKernel) {
	for _, width := range []int{half, lanes} {
		for _, step := range []int{half, lanes} {
			grads = append(
				grads,
				gradKernel{gradConv3, step, width, func(a *gradArgs) { portableGrad(a, 3, 1, step, lanes, width) }},
				gradKernel{gradConv1, step, width, func(a *gradArgs) { portableGrad(a, 1, 1, step, lanes, width) }},
				gradKernel{gradUp, step, width, func(a *gradArgs) { portableGrad(a, 1, 2, step, lanes, width) }},
			)
		}
		for _, k := range []int{3, 1} {
			family := map[int]gradFamily{3: gradImage3, 1: gradImage1}[k]
			grads = append(grads, gradKernel{family, 1, width, func(a *gradArgs) {
				b := *a
				b.lanes, b.tapRows = 1, k
				portableGrad(&b, k, 1, 1, 1, width)
			}})
		}
	}
	return grads
}

// portableGrad loops over the taps, of which a row has xTaps on the side of x or dzTaps on that of dz; pixels of x
// are step floats apart, those of dz width, and sums has room for `places` lanes.
func portableGrad(a *gradArgs, xTaps, dzTaps, step, places, width int) {
	for u := range a.tapRows {
		for tap := range xTaps * dzTaps {
			for lane := range a.lanes {
				var sum [lanes]float32
				for r := range a.rows {
					x := offset(a.x, r*a.xRow+u*a.xTap+4*(tap/dzTaps*step+lane))
					dz := offset(a.dz, r*a.dzRow+u*a.dzTap+4*(tap%dzTaps*width))
					for c := range a.cols {
						v := *offset(x, 4*c*step)
						for o, d := range vector(dz, c*dzTaps*width, width) {
							sum[o] += v * d
						}
					}
				}
				to := vector(a.sums, ((u*xTaps*dzTaps+tap)*places+lane)*lanes, width)
				for o := range to {
					to[o] += sum[o]
				}
			}
		}
	}
}

// withPortable adds portable tiles for the families for which a machine has none: transposed convolutions of maps of
// so few channels that they are stored as planes.
func withPortable(tiles []tileKernel, width int) []tileKernel {
	type kind struct {
		family family
		step   int
	}
	have := map[kind]bool{}
	for _, t := range tiles {
		have[kind{t.family, t.step}] = true
	}
	all := append([]tileKernel(nil), tiles...)
	for _, t := range portableTiles(width) {
		if !have[kind{t.family, t.step}] {
			all = append(all, t)
		}
	}
	return all
}
