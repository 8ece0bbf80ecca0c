package main

import "fmt"

// A family is one kind of convolution from the point of view of tile kernels.
type family struct {
	name  string // Go constant of the family
	title string // in function names
	taps  int    // taps along a row
	step  int    // floats from an input pixel to the next; 1 is a plane of one channel
	skip  int    // input pixels between neighbouring output pixels
	apart int    // output pixels between neighbouring pixels of a tile
}

var families = []family{
	{"conv3", "Conv3", 3, lanes, 1, 1},
	{"conv1", "Conv1", 1, lanes, 1, 1},
	{"spread", "Spread", 1, lanes, 1, 2},
	{"gather", "Gather", 2, lanes, 2, 1},
	{"conv3", "Conv3From8", 3, half, 1, 1},
	{"conv1", "Conv1From8", 1, half, 1, 1},
	{"spread", "SpreadFrom8", 1, half, 1, 2},
	{"gather", "GatherFrom8", 2, half, 2, 1},
	{"image3", "Image3", 3, 1, 1, 1},
	{"image1", "Image1", 1, 1, 1, 1},
}

// Fields of the Go structure tileArgs.
const (
	argX = iota
	argW
	argOut
	argInit
	argXRow
	argXTile
	argXPlane
	argOutRow
	_ // there is one output block
	argInitRow
	_
	argPlanes
	argLanes
	argTapRows
)

// A tile is one kernel: accumulators for all pixels of a tile stay in registers while it loops over the input's
// planes, the rows of taps and the input channels, four of which it reads at once.
type tile struct {
	*file
	family
	rows, cols int
	width      int  // channels of an output pixel
	exact      bool // sums in float64
}

func tiles(f *file) {
	for _, table := range []struct {
		name, prefix string
		width        int
		exact        bool
	}{
		{"tilesNEON", "tile", lanes, false},
		{"halfTilesNEON", "halfTile", half, false},
		{"exactTilesNEON", "exactTile", lanes, true},
	} {
		fmt.Fprintf(&f.tables, "var %s = []tileKernel{\n", table.name)
		for _, fam := range families {
			t := tile{file: f, family: fam, width: table.width, exact: table.exact}
			for _, s := range t.shapes() {
				t.rows, t.cols = s[0], s[1]
				name := fmt.Sprintf("%s%s%dx%dNEON", table.prefix, fam.title, t.rows, t.cols)
				t.generate(name)
				fmt.Fprintf(&f.tables, "{%s, %d, 1, %d, %d, %s},\n", fam.name, fam.step, t.rows, t.cols, name)
			}
		}
		fmt.Fprint(&f.tables, "}\n\n")
	}
}

// shapes returns the rows and columns of tiles from which rows of any length can be composed, for narrow maps of
// several rows at once.
func (t *tile) shapes() [][2]int {
	switch {
	case t.exact:
		return [][2]int{{1, 1}, {1, 2}}
	case t.width == half:
		return [][2]int{{1, 1}, {1, 2}, {1, 4}, {1, 8}}
	case t.step != lanes: // of large maps
		return [][2]int{{1, 1}, {1, 2}, {1, 4}, {1, 6}}
	}
	return [][2]int{{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 6}, {2, 2}, {2, 3}, {4, 1}}
}

func (t *tile) pixels() int { return t.rows * t.cols }

// per returns the number of accumulators of a pixel.
func (t *tile) per() int {
	if t.exact {
		return t.width / 2
	}
	return t.width / quad
}

// acc returns accumulator h of a pixel; pixels are counted through all rows.
func (t *tile) acc(pixel, h int) vec { return vec(pixel*t.per() + h) }

func (t *tile) accs() int { return t.pixels() * t.per() }

// General registers of a tile.
const (
	tileX gp = 1 // first row of taps' first channel
	tileW gp = 2
	tileY gp = 3 // output or init
)

// rowBase returns the register that points to the next channels of a tile row.
func rowBase(row int) gp { return gp(4 + row) }

func (t *tile) generate(name string) {
	t.begin(name, "tileArgs", 0)
	const xRow, xTile, xPlane, channels, planes, tapRows, left gp = 8, 9, 10, 11, 12, 13, 14
	t.field(argX, tileX)
	t.field(argW, tileW)
	t.field(argXTile, xTile)
	t.initialize()
	t.field(argXRow, xRow)
	t.field(argXPlane, xPlane)
	t.field(argTapRows, tapRows)
	t.op("MSUB %v, %v, %v, %v", xRow, xPlane, tapRows, xPlane) // from behind the last row of taps to the next plane
	t.field(argLanes, channels)
	t.field(argPlanes, planes)
	t.repeat(planes, func() {
		t.field(argTapRows, tapRows)
		t.repeat(tapRows, func() {
			t.move(tileX, rowBase(0))
			for r := 1; r < t.rows; r++ {
				t.op("ADD %v, %v, %v", xTile, rowBase(r-1), rowBase(r))
			}
			if t.step == 1 {
				t.image()
			} else {
				t.move(channels, left)
				t.count(left, []int{quad, 1}, func(n int) {
					t.body(n)
					for r := range t.rows {
						t.advance(4*n, rowBase(r))
					}
					t.advance(n*t.taps*t.width*4, tileW)
				})
			}
			t.add(xRow, tileX)
		})
		t.add(xPlane, tileX)
	})
	t.each(argOut, argOutRow, t.write)
	t.end()
}

// initialize loads the accumulators from init, or zeroes them if it is nil.
func (t *tile) initialize() {
	zero, ready := t.label("zero"), t.label("ready")
	t.field(argInit, tileY)
	t.op("CBZ %v, %s", tileY, zero)
	t.each(argInit, argInitRow, t.read)
	t.op("B %s", ready)
	t.mark(zero)
	for i := range t.accs() {
		t.zero(vec(i))
	}
	t.mark(ready)
}

// each calls visit for every pixel with its place in a map of the output's shape, given by two arguments: its
// address and the distance of its rows.
func (t *tile) each(base, row int, visit func(pixel int, base gp, disp int)) {
	const step gp = 8
	t.field(base, tileY)
	if t.rows > 1 {
		t.field(row, step)
	}
	for r := range t.rows {
		for c := range t.cols {
			visit(r*t.cols+c, tileY, c*t.apart*t.width*4)
		}
		if r+1 < t.rows {
			t.add(step, tileY)
		}
	}
}

// read loads the accumulators of a pixel, write stores them.
func (t *tile) read(pixel int, base gp, disp int) {
	for h := 0; h < t.width/quad; h++ {
		if t.exact {
			low, high := t.acc(pixel, 2*h), t.acc(pixel, 2*h+1)
			t.load(base, disp+h*vector, high)
			t.widen(low, high, false)
			t.widen(high, high, true)
		} else {
			t.load(base, disp+h*vector, t.acc(pixel, h))
		}
	}
}

func (t *tile) write(pixel int, base gp, disp int) {
	for h := 0; h < t.width/quad; h += 2 {
		a, b := t.acc(pixel, h), t.acc(pixel, h+1)
		if t.exact {
			a, b = t.acc(pixel, 2*h), t.acc(pixel, 2*h+2)
			t.narrow(a, a, false)
			t.narrow(a, a+1, true)
			t.narrow(b, b, false)
			t.narrow(b, b+1, true)
		}
		t.storePair(a, b, base, disp+h*vector)
	}
}

// body multiplies n = 4 or 1 channels by the weights of a row of taps.
func (t *tile) body(n int) {
	inputs := t.exactInputs()
	weights := vec(t.accs() + t.pixels()*inputs)
	for tap := range t.taps {
		for p := range t.pixels() {
			x := vec(t.accs() + p*inputs)
			t.loadPart(n, rowBase(p/t.cols), (p%t.cols*t.skip+tap)*t.step*4, x)
			if t.exact {
				if n > 1 {
					t.widen(x+1, x, true)
				}
				t.widen(x, x, false)
			}
		}
		for lane := range n {
			t.products(lane*t.taps+tap, weights, func(p int) (vec, int) {
				if t.exact {
					return vec(t.accs() + p*inputs + lane/2), lane % 2
				}
				return vec(t.accs() + p), lane
			})
		}
	}
}

// exactInputs returns the number of registers for four channels of an input pixel.
func (t *tile) exactInputs() int {
	if t.exact {
		return 2
	}
	return 1
}

// image multiplies one channel in a plane, whose neighbouring pixels are neighbouring numbers.
func (t *tile) image() {
	x := vec(t.accs())
	weights := x + 2
	if t.exact {
		weights = x + 1
	}
	for tap := range t.taps {
		for p, i := 0, x; p < t.cols; i++ {
			n := min(quad, t.cols-p)
			t.loadPart(n, rowBase(0), 4*(p+tap), i)
			if t.exact {
				t.widen(i, i, false)
			}
			p += n
		}
		t.products(tap, weights, func(p int) (vec, int) { return x + vec(p/quad), p % quad })
	}
	t.advance(t.taps*t.width*4, tileW)
}

// products adds the products of the weights of one channel and tap with a number of each pixel, which is an element
// of a register. From the given register on there is room for weights.
func (t *tile) products(index int, weights vec, number func(pixel int) (vec, int)) {
	at := index * t.width * 4
	if t.exact {
		raw := vec(30)
		for h := 0; h < t.width/quad; h += 2 {
			t.loadPair(tileW, at+h*vector, raw, raw+1)
			for i := range 2 {
				t.widen(weights, raw+vec(i), false)
				t.widen(weights+1, raw+vec(i), true)
				for part := range 2 {
					for p := range t.pixels() {
						v, e := number(p)
						t.dfmlaBy(t.acc(p, 2*(h+i)+part), weights+vec(part), v, e)
					}
				}
			}
		}
		return
	}
	// As many pairs of weights as there are registers, so that loads can run ahead.
	pairs := (32 - int(weights)) / 2
	for h := 0; h < t.width/quad; h += 2 {
		w := weights + vec(2*((index*t.width/quad+h)/2%pairs))
		t.loadPair(tileW, at+h*vector, w, w+1)
		for i := range 2 {
			for p := range t.pixels() {
				v, e := number(p)
				t.fmlaBy(t.acc(p, h+i), w+vec(i), v, e)
			}
		}
	}
}
