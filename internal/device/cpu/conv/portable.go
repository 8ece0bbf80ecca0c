package conv

// portableTiles returns tile kernels in plain Go, for processors without assembly and as an independent check of it.
// They add in float64, which costs nothing without vectors.
func portableTiles() []tileKernel {
	var tiles []tileKernel
	for f := range families {
		for _, cols := range []int{1, 4} {
			tiles = append(tiles, tileKernel{f, 1, 1, cols, func(a *tileArgs) { portableTile(a, f, cols) }})
		}
	}
	return tiles
}

// portableTile computes up to four pixels of one row and one block.
func portableTile(a *tileArgs, f family, cols int) {
	var acc [4][lanes]float64
	if a.init != nil {
		for c := range cols {
			for o, v := range vector(a.init, c*f.out()) {
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
					weights := vector(a.w, w)
					for c := range cols {
						x := float64(*offset(row, 4*((c*f.skip()+tap)*f.step()+lane)))
						sum := &acc[c]
						for o, v := range weights {
							sum[o] += x * float64(v)
						}
					}
					w += lanes
				}
			}
		}
	}
	for c := range cols {
		out := vector(a.out, c*f.out())
		for o, v := range acc[c] {
			out[o] = float32(v)
		}
	}
}

// vector returns the block of 16 floats that begins the given number of floats after p.
func vector(p *float32, floats int) *[lanes]float32 {
	return (*[lanes]float32)(offsetPointer(p, 4*floats))
}

// portableGrads returns the weight gradients in plain Go.
func portableGrads() [gradFamilies]func(*gradArgs) {
	return [gradFamilies]func(*gradArgs){
		gradConv3:  func(a *gradArgs) { portableGrad(a, 3, 1, lanes, lanes) },
		gradConv1:  func(a *gradArgs) { portableGrad(a, 1, 1, lanes, lanes) },
		gradUp:     func(a *gradArgs) { portableGrad(a, 1, 2, lanes, lanes) },
		gradImage3: func(a *gradArgs) { b := *a; b.lanes, b.tapRows = 1, 3; portableGrad(&b, 3, 1, 1, 1) },
		gradImage1: func(a *gradArgs) { b := *a; b.lanes, b.tapRows = 1, 1; portableGrad(&b, 1, 1, 1, 1) },
	}
}

// portableGrad loops over the taps, of which a row has xTaps on the side of x or dzTaps on that of dz; pixels of x
// are step floats apart, and sums has room for `places` lanes.
func portableGrad(a *gradArgs, xTaps, dzTaps, step, places int) {
	for u := range a.tapRows {
		for tap := range xTaps * dzTaps {
			for lane := range a.lanes {
				var sum [lanes]float32
				for r := range a.rows {
					x := offset(a.x, r*a.xRow+u*a.xTap+4*(tap/dzTaps*step+lane))
					dz := offset(a.dz, r*a.dzRow+u*a.dzTap+4*(tap%dzTaps*lanes))
					for c := range a.cols {
						v := *offset(x, 4*c*step)
						for o, d := range vector(dz, c*dzTaps*lanes) {
							sum[o] += v * d
						}
					}
				}
				to := vector(a.sums, ((u*xTaps*dzTaps+tap)*places+lane)*lanes)
				for o, v := range sum {
					to[o] += v
				}
			}
		}
	}
}

// withPortable adds portable tiles for the families for which a machine has none: transposed convolutions of maps of
// so few channels that they are stored as planes.
func withPortable(tiles []tileKernel) []tileKernel {
	var have [families]bool
	for _, t := range tiles {
		have[t.family] = true
	}
	all := append([]tileKernel(nil), tiles...)
	for _, t := range portableTiles() {
		if !have[t.family] {
			all = append(all, t)
		}
	}
	return all
}
