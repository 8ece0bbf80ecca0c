package main

import "fmt"

// Fields of the Go structure gradArgs.
const (
	gradX = iota
	gradDZ
	gradSums
	gradXRow
	gradDZRow
	gradXTap
	gradDZTap
	gradRows
	gradCols
	gradLanes
	gradTapRows
)

// part is the number of vectors of output channels of one pass over the pixels: eight channels, so that the sums of
// several taps fit into the registers.
const part = 2

// A gradient is one kind of weight gradient: outer products of output channels with some input channels.
type gradient struct {
	*file
	taps   int // taps along a row, on the side of x
	dzTaps int // taps along a row, on the side of dz
	group  int // vectors of input channels at a time
	steps  []int
	in     int // channels of a pixel of x
	width  int // channels of a pixel of dz
}

func gradWeights(f *file) {
	fmt.Fprint(&f.tables, "var gradsNEON = []gradKernel{\n")
	for _, width := range []int{lanes, half} {
		declare := func(family, suffix string, in int) string {
			name := family + suffix + "NEON"
			fmt.Fprintf(&f.tables, "{%s, %d, %d, %s},\n", family, in, width, name)
			return name
		}
		to := map[int]string{lanes: "", half: "Half"}[width]
		for _, in := range []int{lanes, half} {
			suffix := map[int]string{lanes: "", half: "From8"}[in] + to
			for _, g := range []struct {
				family              string
				taps, dzTaps, group int
				steps               []int
			}{
				{"gradConv3", 3, 1, 1, []int{2, 1}},
				{"gradConv1", 1, 1, 2, []int{2, 1}},
				{"gradUp", 1, 2, 1, []int{2, 1}},
			} {
				name := declare(g.family, suffix, in)
				(&gradient{f, g.taps, g.dzTaps, g.group, g.steps, in, width}).generate(name)
			}
		}
		for _, k := range []int{3, 1} {
			imageGradient(f, k, width, declare(fmt.Sprintf("gradImage%d", k), to, 1))
		}
	}
	fmt.Fprint(&f.tables, "}\n\n")
}

// acc returns the sums of a tap and an input channel of the group.
func (g *gradient) acc(tap, lane, h int) vec { return vec((tap*g.group*quad+lane)*part + h) }

func (g *gradient) accs() int { return g.taps * g.dzTaps * g.group * quad * part }

// generate writes the kernel of sums[tapRow][tap][lane][16] += Σ over rows and columns, with one pass over the pixels
// for each row of taps, group of input channels and part of the output channels.
func (g *gradient) generate(name string) {
	const (
		x, dz, sums, tapRows    gp = 1, 2, 3, 4 // of the current row of taps
		xPart, dzPart, sumsPart gp = 5, 6, 7    // of the current group, and part of it
		xRow, dzRow, rows       gp = 8, 9, 10
		xAt, dzAt, cols         gp = 11, 12, 13
		channels, step, parts   gp = 14, 15, 19
	)
	taps := g.taps * g.dzTaps
	g.begin(name, "gradArgs", 0)
	g.field(gradX, x)
	g.field(gradDZ, dz)
	g.field(gradSums, sums)
	g.field(gradTapRows, tapRows)
	g.repeat(tapRows, func() {
		g.field(gradLanes, channels)
		g.move(x, xPart)
		g.move(sums, sumsPart)
		group := g.label("group")
		g.mark(group)
		g.move(dz, dzPart)
		g.op("MOVD $%d, %v", g.width/quad/part, parts)
		g.repeat(parts, func() {
			for i := range g.accs() {
				g.zero(vec(i))
			}
			g.move(xPart, xRow)
			g.move(dzPart, dzRow)
			g.field(gradRows, rows)
			g.repeat(rows, func() {
				g.move(xRow, xAt)
				g.move(dzRow, dzAt)
				g.field(gradCols, cols)
				g.count(cols, g.steps, func(n int) {
					g.pixels(n, xAt, dzAt)
					g.advance(n*4*g.in, xAt)
					g.advance(n*g.dzTaps*4*g.width, dzAt)
				})
				g.field(gradXRow, step)
				g.add(step, xRow)
				g.field(gradDZRow, step)
				g.add(step, dzRow)
			})
			// Vectors whose memory is in reach of a pair's distance: a tap's sums take 1024 bytes.
			g.move(sumsPart, xAt)
			for tap := range taps {
				for lane := range g.group * quad {
					a, b := g.acc(tap, lane, 0), g.acc(tap, lane, 1)
					spare := vec(30)
					at := 4 * lane * lanes
					g.loadPair(xAt, at, spare, spare+1)
					g.fadd(a, a, spare)
					g.fadd(b, b, spare+1)
					g.storePair(a, b, xAt, at)
				}
				if tap+1 < taps {
					g.advance(4*lanes*lanes, xAt)
				}
			}
			g.advance(part*vector, sumsPart)
			g.advance(part*vector, dzPart)
		})
		g.advance(g.group*vector, xPart)
		g.advance(4*g.group*quad*lanes-4*g.width, sumsPart)
		g.op("SUBS $%d, %v, %v", g.group*quad, channels, channels)
		g.op("BGT %s", group)
		g.advance(4*taps*lanes*lanes, sums)
		g.field(gradXTap, step)
		g.add(step, x)
		g.field(gradDZTap, step)
		g.add(step, dz)
	})
	g.end()
}

// pixels adds the products of n neighbouring pixels: each pixel of x is read once for all pixels of dz with which
// it is multiplied.
func (g *gradient) pixels(n int, x, dz gp) {
	first := vec(g.accs())
	count := n * g.dzTaps
	for i := range count {
		g.loadPair(dz, i*4*g.width, first+vec(part*i), first+vec(part*i+1))
	}
	inputs := first + vec(part*count)
	spare := 32 - int(inputs)
	for q := range n + g.taps - 1 {
		for i := range g.group {
			v := inputs + vec((q*g.group+i)%spare)
			g.load(x, q*4*g.in+i*vector, v)
			for tap := range g.taps {
				p := q - tap
				if p < 0 || p >= n {
					continue
				}
				for d := range g.dzTaps {
					for lane := range quad {
						for h := range part {
							g.fmlaBy(g.acc(tap*g.dzTaps+d, i*quad+lane, h), first+vec(part*(p*g.dzTaps+d)+h), v, lane)
						}
					}
				}
			}
		}
	}
}

// imageGradient is the weight gradient of one channel of an image stored as a plane: all k·k taps at once,
// sums[k][k][16].
func imageGradient(f *file, k, width int, name string) {
	const (
		dz, sums, parts     gp = 2, 3, 4
		xRow, dzRow, rows   gp = 8, 9, 10
		dzAt, cols, between gp = 12, 13, 14
		step                gp = 15
		xAt                 gp = 19 // and the following registers: a pixel's rows of taps
	)
	acc := func(tap, h int) vec { return vec(tap*part + h) }
	copies := map[int]int{3: 1, 1: 4}[k] // sums used in turn, so that additions need not wait for each other
	accs := vec(k * k * part * copies)
	inputs := accs + 2
	f.begin(name, "gradArgs", 0)
	f.field(gradDZ, dz)
	f.field(gradSums, sums)
	f.field(gradXTap, between)
	f.op("MOVD $%d, %v", width/quad/part, parts)
	f.repeat(parts, func() {
		for i := range accs {
			f.zero(i)
		}
		f.field(gradX, xRow)
		f.move(dz, dzRow)
		f.field(gradRows, rows)
		f.repeat(rows, func() {
			f.move(xRow, xAt)
			for u := 1; u < k; u++ {
				f.op("ADD %v, %v, %v", between, xAt+gp(u-1), xAt+gp(u))
			}
			f.move(dzRow, dzAt)
			f.field(gradCols, cols)
			f.count(cols, []int{quad, 1}, func(n int) {
				for u := range k {
					f.loadPart(n, xAt+gp(u), 0, inputs+vec(2*u))
					if k == 3 && n == quad {
						f.loadPart(2, xAt+gp(u), vector, inputs+vec(2*u+1))
					} else if k == 3 {
						f.loadPart(2, xAt+gp(u), 4, inputs+vec(2*u+1))
					}
				}
				for p := range n {
					f.loadPair(dzAt, p*4*width, accs, accs+1)
					for tap := range k * k {
						v, i := inputs+vec(2*(tap/k)), p+tap%k // number i of the row
						if i >= n {
							v, i = v+1, i-n
						}
						for h := range part {
							f.fmlaBy(acc(p%copies*k*k+tap, h), accs+vec(h), v, i)
						}
					}
				}
				for u := range k {
					f.advance(4*n, xAt+gp(u))
				}
				f.advance(n*4*width, dzAt)
			})
			f.field(gradXRow, step)
			f.add(step, xRow)
			f.field(gradDZRow, step)
			f.add(step, dzRow)
		})
		for tap := range k * k {
			a, b := acc(tap, 0), acc(tap, 1)
			for c := 1; c < copies; c++ {
				f.fadd(a, a, acc(c*k*k+tap, 0))
				f.fadd(b, b, acc(c*k*k+tap, 1))
			}
			f.loadPair(sums, 4*tap*lanes, accs, accs+1)
			f.fadd(a, a, accs)
			f.fadd(b, b, accs+1)
			f.storePair(a, b, sums, 4*tap*lanes)
		}
		f.advance(part*vector, sums)
		f.advance(part*vector, dz)
	})
	f.end()
}
