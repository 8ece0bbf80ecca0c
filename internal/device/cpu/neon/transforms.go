package main

import "fmt"

// Fields of the Go structure transformArgs.
const (
	transformFrom = iota
	transformTo
	transformAddend
	transformConstants
	transformFromRow
	transformFromTile
	transformToRow
	transformToTile
	transformAddendRow
	transformCount
)

// Constants are numbered as in package conv: these are those of inputs and outputs.
const (
	constA = iota
	constB
	constA2
	constB2
	constE
	constS
)

// A transform generates the transforms of minimal filtering in tiles of one size: a combination down the columns,
// then one along the rows, for four channels at a time. The numbers between the two are on the stack. The order of
// operations is that of package conv's transforms in plain Go, so that both give the same bits.
type transform struct {
	*file
	size int
}

// A combination computes numbers from numbers in one dimension: y from x, with temporary registers.
type combination func(x, y, temps []vec)

// Registers of a transform.
var (
	readNumbers    = []vec{0, 1, 2, 3, 4, 5}
	writtenNumbers = []vec{6, 7, 8, 9, 10, 11}
	temporaries    = []vec{12, 13, 14, 15, 16, 17}
)

// Constants are in three registers: 0 to 3, 3 to 6 and 6 to 9.
const constants vec = 29

// by returns where a constant is.
func by(constant int) (vec, int) {
	i := min(constant/(quad-1), 2)
	return constants + vec(i), constant - i*(quad-1)
}

// fma is d += n·constant, fms d −= n·constant, mul d = n·constant.
func (t *transform) fma(d, n vec, constant int) { v, i := by(constant); t.fmlaBy(d, n, v, i) }
func (t *transform) fms(d, n vec, constant int) { v, i := by(constant); t.fmlsBy(d, n, v, i) }
func (t *transform) mul(d, n vec, constant int) { v, i := by(constant); t.fmulBy(d, n, v, i) }

// A grid is how the numbers of a tile lie in memory.
type grid int

const (
	pixels    grid = iota // rows of neighbouring pixels
	positions             // numbers that are as far apart as positions
	packed                // neighbouring vectors
)

func transforms(f *file, size int) {
	t := &transform{f, size}
	n := size + 2
	for _, k := range []struct {
		name          string
		from, to      int
		columns, rows combination
		in, out       grid
	}{
		{"Input", n, n, t.input, t.input, pixels, positions},
		{"Output", n, size, t.output, t.outputRow, positions, pixels},
		{"Weights", 3, n, t.weights, t.weights, packed, positions},
		{"Spread", size, n, t.spread, t.spread, pixels, positions},
		{"Collect", n, 3, t.collect, t.collect, positions, packed},
	} {
		name := fmt.Sprintf("winograd%s%dNEON", k.name, size)
		t.generate(name, k.from, k.to, k.columns, k.rows, k.in, k.out)
		fmt.Fprintf(&f.tables, "%s, ", name)
	}
}

// General registers of a transform.
const (
	fromTile, toTile, addTile gp = 1, 2, 3 // of the tile
	fromPart, toPart, addPart gp = 4, 5, 6 // of four of its channels
	fromAt, toAt, addAt       gp = 7, 8, 9
	fromStep, toStep, addStep gp = 10, 11, 12 // of rows, or of positions
	tilesLeft, partsLeft      gp = 13, 14
	between, fromRows         gp = 15, 19 // the stack; from one row of positions to the next
	fromColumn, tileStep      gp = 20, 21
)

// generate writes a kernel that combines from×from numbers to to×to.
func (t *transform) generate(name string, from, to int, columns, rows combination, in, out grid) {
	t.begin(name, "transformArgs", 36*vector)
	addend := out == pixels
	t.field(transformConstants, fromAt)
	for i := range 3 {
		t.load(fromAt, i*4*(quad-1), constants+vec(i))
	}
	t.field(transformFrom, fromTile)
	t.field(transformTo, toTile)
	t.field(transformFromRow, fromStep)
	t.field(transformToRow, toStep)
	if addend {
		t.field(transformAddend, addTile)
		t.field(transformAddendRow, addStep)
	}
	if in == positions {
		t.op("MOVD $%d, %v", from, fromRows)
		t.op("MUL %v, %v, %v", fromStep, fromRows, fromRows)
	}
	t.op("ADD $8, RSP, %v", between) // behind the return address
	t.field(transformCount, tilesLeft)
	t.repeat(tilesLeft, func() {
		t.move(fromTile, fromPart)
		t.move(toTile, toPart)
		if addend {
			t.move(addTile, addPart)
		}
		t.op("MOVD $%d, %v", lanes/quad, partsLeft)
		t.repeat(partsLeft, func() {
			t.columnwise(from, to, columns, in)
			t.rowwise(from, to, rows, out)
			t.advance(vector, fromPart)
			t.advance(vector, toPart)
			if addend {
				t.ifAddend(func() { t.advance(vector, addPart) })
			}
		})
		t.field(transformFromTile, tileStep)
		t.add(tileStep, fromTile)
		t.field(transformToTile, tileStep)
		t.add(tileStep, toTile)
		if addend {
			t.ifAddend(func() { t.add(tileStep, addTile) })
		}
	})
	t.end()
}

// ifAddend runs body if there is an addend.
func (t *transform) ifAddend(body func()) {
	none := t.label("none")
	t.op("CBZ %v, %s", addTile, none)
	body()
	t.mark(none)
}

// columnwise combines the numbers of each column and stores the results in rows of `from` on the stack.
func (t *transform) columnwise(from, to int, combine combination, in grid) {
	t.move(fromPart, fromColumn)
	for col := range from {
		t.move(fromColumn, fromAt)
		for row, x := range readNumbers[:from] {
			switch in {
			case packed:
				t.load(fromAt, (row*from+col)*4*lanes, x)
			case pixels:
				t.load(fromAt, col*4*lanes, x)
				t.add(fromStep, fromAt)
			case positions:
				t.load(fromAt, 0, x)
				t.add(fromRows, fromAt)
			}
		}
		if in == positions {
			t.add(fromStep, fromColumn)
		}
		combine(readNumbers[:from], writtenNumbers[:to], temporaries)
		for row, y := range writtenNumbers[:to] {
			t.store(y, between, (row*from+col)*vector)
		}
	}
}

// rowwise combines the numbers of each row from the stack.
func (t *transform) rowwise(from, to int, combine combination, out grid) {
	t.move(toPart, toAt)
	if out == pixels {
		t.move(addPart, addAt)
	}
	for row := range to {
		for col, x := range readNumbers[:from] {
			t.load(between, (row*from+col)*vector, x)
		}
		numbers := writtenNumbers[:to]
		combine(readNumbers[:from], numbers, temporaries)
		if out == pixels {
			t.ifAddend(func() {
				for col, y := range numbers {
					t.load(addAt, col*4*lanes, temporaries[col])
					t.fadd(y, y, temporaries[col])
				}
				t.add(addStep, addAt)
			})
		}
		for col, y := range numbers {
			switch out {
			case packed:
				t.store(y, toAt, (row*to+col)*4*lanes)
			case pixels:
				t.store(y, toAt, col*4*lanes)
			case positions:
				t.store(y, toAt, 0)
				t.add(toStep, toAt)
			}
		}
		if out == pixels {
			t.add(toStep, toAt)
		}
	}
}

// input computes, for tiles of 4×4,
//
//	a²b²·d0 − (a²+b²)·d2 + d4
//	(d4 − b²·d2) ± a·(d3 − b²·d1)
//	(d4 − a²·d2) ± b·(d3 − a²·d1)
//	a²b²·d1 − (a²+b²)·d3 + d5
func (t *transform) input(d, y, temps []vec) {
	if t.size == 2 {
		t.fsub(y[0], d[2], d[0])
		t.fadd(y[1], d[2], d[1])
		t.fsub(y[2], d[2], d[1])
		t.fsub(y[3], d[3], d[1])
		return
	}
	if t.size == 3 {
		t.input3(d, y, temps)
		return
	}
	for i := range 2 {
		outer := y[5*i]
		t.copy(outer, d[4+i])
		t.fma(outer, d[i], constE)
		t.fms(outer, d[2+i], constS)
	}
	for i, c := range [][2]int{{constB2, constA}, {constA2, constB}} {
		plus, minus, odd := y[1+2*i], y[2+2*i], temps[i]
		t.copy(plus, d[4])
		t.fms(plus, d[2], c[0])
		t.copy(odd, d[3])
		t.fms(odd, d[1], c[0])
		t.copy(minus, plus)
		t.fma(plus, odd, c[1])
		t.fms(minus, odd, c[1])
	}
}

// input3 computes, with pk = d(k+1) − b·dk,
//
//	p2 − a²·p0
//	p2 ± a·p1
//	d3 − a²·d1
//	p3 − a²·p1
func (t *transform) input3(d, y, p []vec) {
	for k := range 4 {
		t.copy(p[k], d[k+1])
		t.fms(p[k], d[k], constB)
	}
	for _, c := range []struct{ to, from, by vec }{{y[0], p[2], p[0]}, {y[3], d[3], d[1]}, {y[4], p[3], p[1]}} {
		t.copy(c.to, c.from)
		t.fms(c.to, c.by, constA2)
	}
	t.copy(y[1], p[2])
	t.fma(y[1], p[1], constA)
	t.copy(y[2], p[2])
	t.fms(y[2], p[1], constA)
}

// output computes, for tiles of 4×4,
//
//	y0 = m0 + (m1+m2) + (m3+m4)          y2 = a²·(m1+m2) + b²·(m3+m4)
//	y1 = a·(m1−m2) + b·(m3−m4)           y3 = a³·(m1−m2) + b³·(m3−m4) + m5
func (t *transform) output(m, y, temps []vec) {
	if t.size == 2 {
		t.fadd(y[0], m[1], m[2])
		t.fadd(y[0], y[0], m[0])
		t.fsub(y[1], m[1], m[2])
		t.fadd(y[1], y[1], m[3])
		return
	}
	if t.size == 3 {
		t.output3(m, y, temps)
		return
	}
	s, d := temps[0], temps[1]
	t.fadd(s, m[1], m[2])
	t.fadd(d, m[3], m[4])
	t.fadd(y[0], m[0], s)
	t.fadd(y[0], y[0], d)
	t.mul(y[2], s, constA2)
	t.fma(y[2], d, constB2)
	s, d = temps[2], temps[3]
	t.fsub(s, m[1], m[2])
	t.fsub(d, m[3], m[4])
	t.mul(y[1], s, constA)
	t.fma(y[1], d, constB)
	t.copy(y[3], m[5])
	t.fma(y[3], s, constE)
	t.fma(y[3], d, constS)
}

// output3 computes
//
//	y0 = m0 + (m1+m2) + m3
//	y1 = a·(m1−m2) + b·m3
//	y2 = m4 + a²·(m1+m2) + b²·m3
func (t *transform) output3(m, y, temps []vec) {
	s, d := temps[0], temps[1]
	t.fadd(s, m[1], m[2])
	t.fsub(d, m[1], m[2])
	t.fadd(y[0], m[0], s)
	t.fadd(y[0], y[0], m[3])
	t.mul(y[1], d, constA)
	t.fma(y[1], m[3], constB)
	t.copy(y[2], m[4])
	t.fma(y[2], s, constA2)
	t.fma(y[2], m[3], constB2)
}

// outputRow is output with another order of additions for tiles of 2×2.
func (t *transform) outputRow(m, y, temps []vec) {
	if t.size == 2 {
		t.fadd(y[0], m[0], m[1])
		t.fadd(y[0], y[0], m[2])
		t.fsub(y[1], m[1], m[2])
		t.fadd(y[1], y[1], m[3])
		return
	}
	t.output(m, y, temps)
}

// weights computes, with the constants 1/N0, and (1, p, p²)/Np for the points p = a and b,
//
//	g0/N0,  (g0/Na + g2·a²/Na) ± g1·a/Na,  the same for b with tiles of 4×4,  g2
//
// Tiles of 3×3 have the constants of each of the points a, −a and b.
func (t *transform) weights(g, u, _ []vec) {
	last := len(u) - 1
	t.mul(u[0], g[0], 0)
	t.copy(u[last], g[2])
	if t.size == 3 {
		for i, to := range u[1:last] {
			t.mul(to, g[0], 1+3*i)
			t.fma(to, g[2], 3+3*i)
			t.fma(to, g[1], 2+3*i)
		}
		return
	}
	for i := 1; i < last; i += 2 {
		c := 1 + 3*(i/2)
		t.mul(u[i], g[0], c)
		t.fma(u[i], g[2], c+2)
		t.copy(u[i+1], u[i])
		t.fma(u[i], g[1], c+1)
		t.fms(u[i+1], g[1], c+1)
	}
}

// spread computes numbers of dz without the divisors, which are left to collect:
//
//	4×4: g0,  (g0 + p²·g2) ± (p·g1 + p³·g3) for the points p = a and b,  g3
//	3×3: g0,  (g0 + p²·g2) ± p·g1 for the point p = a, and + for p = b,  g2
//	2×2: g0,  g0 ± g1,  g1
func (t *transform) spread(g, u, temps []vec) {
	last := len(u) - 1
	t.copy(u[0], g[0])
	t.copy(u[last], g[t.size-1])
	if t.size == 2 {
		t.fadd(u[1], g[0], g[1])
		t.fsub(u[2], g[0], g[1])
		return
	}
	for i := range 2 {
		even, odd := temps[2*i], temps[2*i+1]
		t.copy(even, g[0])
		t.fma(even, g[2], constA2+i)
		t.mul(odd, g[1], constA+i)
		if t.size == 4 {
			t.fma(odd, g[3], constE+i)
		}
		t.fadd(u[1+2*i], even, odd)
		if t.size == 4 || i == 0 {
			t.fsub(u[2+2*i], even, odd)
		}
	}
}

// collect computes, with the constants of weights,
//
//	m0/N0 + (m1+m2)/Na + (m3+m4)/Nb
//	(m1−m2)·a/Na + (m3−m4)·b/Nb
//	(m1+m2)·a²/Na + (m3+m4)·b²/Nb + m5
//
// and without the terms of b for tiles of 2×2, where the last number is m3. Tiles of 3×3 have the constants of each of
// the points a, −a and b, whose numbers are m1, m2 and m3.
func (t *transform) collect(m, w, temps []vec) {
	if t.size == 3 {
		t.mul(w[0], m[0], 0)
		t.fma(w[0], m[1], 1)
		t.mul(w[1], m[1], 2)
		t.copy(w[2], m[4])
		t.fma(w[2], m[1], 3)
		for k, to := range w {
			t.fma(to, m[2], 4+k)
			t.fma(to, m[3], 7+k)
		}
		return
	}
	t.mul(w[0], m[0], 0)
	t.zero(w[1])
	t.copy(w[2], m[len(m)-1])
	for i := range t.size / 2 {
		s, d := temps[2*i], temps[2*i+1]
		t.fadd(s, m[1+2*i], m[2+2*i])
		t.fsub(d, m[1+2*i], m[2+2*i])
		t.fma(w[0], s, 1+3*i)
		t.fma(w[1], d, 2+3*i)
		t.fma(w[2], s, 3+3*i)
	}
}
