package conv

// portableTransforms returns the transforms of a size for pixels of `width` channels, whose inputs and gradients are
// stored in a form, as are weights: as float32 or, of either form of bfloat16, in pairs.
func portableTransforms(size winogradSize, width int, f form) transforms {
	m := size.pixels()
	n := m + 2
	// through applies a combination to the columns of `from`×`from` numbers and another to the rows of the result.
	through := func(a *transformArgs, from, to int, columns, rows combination, read func(r, c int) float32,
		write func(r, c int, x float32),
	) {
		c := a.constants
		var half [6][6]float32
		for col := range from {
			var x [6]float32
			for r := range from {
				x[r] = read(r, col)
			}
			y := columns(&x, c)
			for r := range to {
				half[r][col] = y[r]
			}
		}
		for r := range to {
			y := rows(&half[r], c)
			for col := range to {
				write(r, col, y[col])
			}
		}
	}
	// pixels reads tiles of pixels and writes positions.
	pixels := func(from int, combine combination) func(*transformArgs) {
		return func(a *transformArgs) {
			for tile := range a.count {
				odd, place := a.odd, tile*a.toTile
				if f == pairs {
					odd, place = (a.odd+tile)&1, (a.odd+tile)/2*a.toTile
				}
				for lane := range width {
					through(a, from, n, combine, combine, func(r, c int) float32 {
						return *offset(a.from, tile*a.fromTile+r*a.fromRow+4*(c*width+lane))
					}, func(r, c int, x float32) { f.put(x, a.to, place+(n*r+c)*a.toRow, lane, odd) })
				}
			}
		}
	}
	weights := pairs
	if f == floats {
		weights = floats
	}
	combine := combinations[size]
	return transforms{
		input:  pixels(n, combine.input),
		spread: pixels(m, combine.spread),
		output: func(a *transformArgs) {
			for tile := range a.count {
				for lane := range width {
					through(a, n, m, combine.output, combine.outputRow, func(r, c int) float32 {
						return *offset(a.from, tile*a.fromTile+(n*r+c)*a.fromRow+4*lane)
					}, func(r, c int, x float32) {
						at := tile*a.toTile + 4*(c*width+lane)
						if a.addend != nil {
							x += *offset(a.addend, at+r*a.addendRow)
						}
						*offset(a.to, at+r*a.toRow) = x
					})
				}
			}
		},
		weights: func(a *transformArgs) {
			for lane := range width {
				through(a, 3, n, combine.weights, combine.weights, func(r, c int) float32 {
					return *offset(a.from, 4*((3*r+c)*lanes+lane))
				}, func(r, c int, x float32) { weights.put(x, a.to, (n*r+c)*a.toRow, lane, a.odd) })
			}
		},
		collect: func(a *transformArgs) {
			for vector := range a.count {
				for lane := range width {
					through(a, n, 3, combine.collect, combine.collect, func(r, c int) float32 {
						return *offset(a.from, vector*a.fromTile+(n*r+c)*a.fromRow+4*lane)
					}, func(r, c int, x float32) {
						*offset(a.to, vector*a.toTile+4*((3*r+c)*lanes+lane)) = x
					})
				}
			}
		},
	}
}

// A combination computes numbers from numbers in one dimension, with constants.
type combination func(x *[6]float32, c *constants) [6]float32

// combinations are the transforms in one dimension; their formulas are in the program in folder asm.
var combinations = [winogradSizes]struct{ input, output, outputRow, weights, spread, collect combination }{
	winograd4: {
		input: func(d *[6]float32, c *constants) (y [6]float32) {
			y[0] = fma32(-d[2], c[5], fma32(d[0], c[4], d[4]))
			for i, k := range [2][2]int{{3, 0}, {2, 1}} {
				p, q := fma32(-d[2], c[k[0]], d[4]), fma32(-d[1], c[k[0]], d[3])
				y[1+2*i], y[2+2*i] = fma32(q, c[k[1]], p), fma32(-q, c[k[1]], p)
			}
			y[5] = fma32(-d[3], c[5], fma32(d[1], c[4], d[5]))
			return y
		},
		output: output4, outputRow: output4,
		weights: func(g *[6]float32, c *constants) (u [6]float32) {
			u[0], u[5] = g[0]*c[0], g[2]
			for i := range 2 {
				even := fma32(g[2], c[3+3*i], g[0]*c[1+3*i])
				u[1+2*i], u[2+2*i] = fma32(g[1], c[2+3*i], even), fma32(-g[1], c[2+3*i], even)
			}
			return u
		},
		spread: func(g *[6]float32, c *constants) (u [6]float32) {
			u[0], u[5] = g[0], g[3]
			for i := range 2 {
				even, odd := fma32(g[2], c[2+i], g[0]), fma32(g[3], c[4+i], g[1]*c[i])
				u[1+2*i], u[2+2*i] = even+odd, even-odd
			}
			return u
		},
		collect: func(m *[6]float32, c *constants) (w [6]float32) {
			w[0] = fma32(m[3]+m[4], c[4], fma32(m[1]+m[2], c[1], m[0]*c[0]))
			w[1] = fma32(m[3]-m[4], c[5], fma32(m[1]-m[2], c[2], 0))
			w[2] = fma32(m[3]+m[4], c[6], fma32(m[1]+m[2], c[3], m[5]))
			return w
		},
	},
	winograd3: {
		input: func(d *[6]float32, c *constants) (y [6]float32) {
			var p [4]float32
			for i := range p {
				p[i] = fma32(-d[i], c[1], d[i+1])
			}
			y[0] = fma32(-p[0], c[2], p[2])
			y[1], y[2] = fma32(p[1], c[0], p[2]), fma32(-p[1], c[0], p[2])
			y[3] = fma32(-d[1], c[2], d[3])
			y[4] = fma32(-p[1], c[2], p[3])
			return y
		},
		output: output3, outputRow: output3,
		weights: func(g *[6]float32, c *constants) (u [6]float32) {
			u[0], u[4] = g[0]*c[0], g[2]
			for i := range 3 {
				u[1+i] = fma32(g[1], c[2+3*i], fma32(g[2], c[3+3*i], g[0]*c[1+3*i]))
			}
			return u
		},
		spread: func(g *[6]float32, c *constants) [6]float32 {
			even, odd := fma32(g[2], c[2], g[0]), float32(g[1]*c[0])
			return [6]float32{g[0], even + odd, even - odd, fma32(g[2], c[3], g[0]) + float32(g[1]*c[1]), g[2]}
		},
		collect: func(m *[6]float32, c *constants) [6]float32 {
			sum := func(first float32, k int) float32 {
				return fma32(m[3], c[7+k], fma32(m[2], c[4+k], fma32(m[1], c[1+k], first)))
			}
			return [6]float32{
				sum(m[0]*c[0], 0), fma32(m[3], c[8], fma32(m[2], c[5], m[1]*c[2])), sum(m[4], 2),
			}
		},
	},
	winograd2: {
		input: func(d *[6]float32, _ *constants) [6]float32 {
			return [6]float32{d[2] - d[0], d[2] + d[1], d[2] - d[1], d[3] - d[1]}
		},
		output: func(m *[6]float32, _ *constants) [6]float32 {
			return [6]float32{m[1] + m[2] + m[0], m[1] - m[2] + m[3]}
		},
		outputRow: func(m *[6]float32, _ *constants) [6]float32 {
			return [6]float32{m[0] + m[1] + m[2], m[1] - m[2] + m[3]}
		},
		weights: func(g *[6]float32, c *constants) [6]float32 {
			even := fma32(g[2], c[3], g[0]*c[1])
			return [6]float32{g[0] * c[0], fma32(g[1], c[2], even), fma32(-g[1], c[2], even), g[2]}
		},
		spread: func(g *[6]float32, _ *constants) [6]float32 {
			return [6]float32{g[0], g[0] + g[1], g[0] - g[1], g[1]}
		},
		collect: func(m *[6]float32, c *constants) [6]float32 {
			s := m[1] + m[2]
			return [6]float32{
				fma32(s, c[1], m[0]*c[0]), fma32(m[1]-m[2], c[2], 0), fma32(s, c[3], m[3]),
			}
		},
	},
}

func output4(m *[6]float32, c *constants) (y [6]float32) {
	s, d := m[1]+m[2], m[3]+m[4]
	y[0] = m[0] + s + d
	y[2] = fma32(d, c[3], s*c[2])
	s, d = m[1]-m[2], m[3]-m[4]
	y[1] = fma32(d, c[1], s*c[0])
	y[3] = fma32(d, c[5], fma32(s, c[4], m[5]))
	return y
}

func output3(m *[6]float32, c *constants) (y [6]float32) {
	s, d := m[1]+m[2], m[1]-m[2]
	y[0] = m[0] + s + m[3]
	y[1] = fma32(m[3], c[1], d*c[0])
	y[2] = fma32(m[3], c[3], fma32(s, c[2], m[4]))
	return y
}
