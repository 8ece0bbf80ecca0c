package main

import "fmt"

// Fields of the Go structure epilogueArgs.
const (
	epilogueZ = iota
	epilogueY
	epilogueBias
	epilogueScale
	epilogueShift
	epilogueLow
	epilogueHigh
	epilogueResidual
	epilogueSums
	epilogueRows
	epiloguePixels
	epilogueZRow
	epilogueYRow
	epilogueResidualRow
)

// An epilogue adds the bias, accumulates statistics and applies the activation for some rows of one block of
// channels. There is a loop for each combination of these steps, with one pass over the pixels for each part of the
// channels.
type epilogue struct {
	*file
	width             int
	sums, y, residual bool
}

func epilogues(f *file) {
	for _, width := range []int{lanes, half} {
		f.begin("epilogue"+map[int]string{lanes: "", half: "Half"}[width]+"NEON", "epilogueArgs", 0)
		const sums, y, residual gp = 1, 2, 3
		f.field(epilogueSums, sums)
		f.field(epilogueY, y)
		f.field(epilogueResidual, residual)
		for _, e := range []epilogue{
			{f, width, true, true, true},
			{f, width, true, true, false},
			{f, width, true, false, false},
			{f, width, false, true, true},
			{f, width, false, true, false},
			{f, width, false, false, false},
		} {
			next := f.label("otherwise")
			for _, c := range []struct {
				wanted bool
				r      gp
			}{{e.sums, sums}, {e.y, y}, {e.residual, residual}} {
				f.op("%s %v, %s", map[bool]string{true: "CBZ", false: "CBNZ"}[c.wanted], c.r, next)
			}
			e.generate()
			f.end()
			f.mark(next)
		}
		f.end()
	}
}

// Vector registers of an epilogue, each the first of a part.
const (
	epilogueOffset  vec = 2 * iota // the bias
	epilogueFactor                 // the scale
	epilogueSummand                // the shift
	epiloguePivot
	epilogueBoundLow
	epilogueTotals                              // of four pixels in turn
	epilogueSquares   = epilogueTotals + 4*part // the same
	epilogueBoundHigh = epilogueSquares + 4*part
	epilogueTemps     = epilogueBoundHigh + part
)

func (e *epilogue) generate() {
	const (
		zRow, yRow, restRow gp = 4, 5, 6
		rows, pixels, step  gp = 7, 8, 9
		zAt, yAt, restAt    gp = 10, 11, 12
	)
	for first := 0; first < e.width; first += part * quad {
		load := func(field int, to vec) {
			e.field(field, step)
			e.loadPair(step, 4*first, to, to+1)
		}
		start := func(field int, r gp) {
			e.field(field, r)
			e.advance(4*first, r)
		}
		load(epilogueBias, epilogueOffset)
		start(epilogueZ, zRow)
		if e.y {
			start(epilogueY, yRow)
			load(epilogueScale, epilogueFactor)
			load(epilogueShift, epilogueSummand)
			load(epilogueLow, epilogueBoundLow)
			load(epilogueHigh, epilogueBoundHigh)
		}
		if e.residual {
			start(epilogueResidual, restRow)
		}
		if e.sums {
			e.loadPair(zRow, 0, epiloguePivot, epiloguePivot+1)
			for h := range vec(part) {
				e.fadd(epiloguePivot+h, epiloguePivot+h, epilogueOffset+h)
			}
			for i := epilogueTotals; i < epilogueBoundHigh; i++ {
				e.zero(i)
			}
		}
		e.field(epilogueRows, rows)
		e.repeat(rows, func() {
			e.move(zRow, zAt)
			if e.y {
				e.move(yRow, yAt)
			}
			if e.residual {
				e.move(restRow, restAt)
			}
			e.field(epiloguePixels, pixels)
			e.count(pixels, []int{4, 1}, func(n int) {
				for p := range n {
					e.pixel(p, zAt, yAt, restAt)
				}
				e.advance(n*4*e.width, zAt)
				if e.y {
					e.advance(n*4*e.width, yAt)
				}
				if e.residual {
					e.advance(n*4*e.width, restAt)
				}
			})
			for _, s := range []struct {
				used  bool
				field int
				to    gp
			}{{true, epilogueZRow, zRow}, {e.y, epilogueYRow, yRow}, {e.residual, epilogueResidualRow, restRow}} {
				if s.used {
					e.field(s.field, step)
					e.add(step, s.to)
				}
			}
		})
		if e.sums {
			e.addRun(8 * first)
		}
	}
}

// pixel processes a part of pixel p of those at the addresses; p also selects the running sums.
func (e *epilogue) pixel(p int, zAt, yAt, restAt gp) {
	at := p * 4 * e.width
	v, d := epilogueTemps, epilogueTemps+part
	if d+1 > 31 {
		panic(fmt.Sprint("no register ", d+1))
	}
	e.loadPair(zAt, at, v, v+1)
	for h := range vec(part) {
		e.fadd(v+h, v+h, epilogueOffset+h)
	}
	e.storePair(v, v+1, zAt, at)
	if e.sums {
		for h := range vec(part) {
			total := vec(part*p) + h
			e.fsub(d+h, v+h, epiloguePivot+h)
			e.fadd(epilogueTotals+total, epilogueTotals+total, d+h)
			e.fmla(epilogueSquares+total, d+h, d+h)
		}
	}
	if !e.y {
		return
	}
	// The sum begins as the shift; d is free again.
	for h := range vec(part) {
		e.copy(d+h, epilogueSummand+h)
		e.fmla(d+h, v+h, epilogueFactor+h)
		e.fmin(d+h, d+h, epilogueBoundHigh+h)
		e.fmax(d+h, d+h, epilogueBoundLow+h)
	}
	if e.residual {
		e.loadPair(restAt, at, v, v+1)
		for h := range vec(part) {
			e.fadd(d+h, d+h, v+h)
		}
	}
	e.storePair(d, d+1, yAt, at)
}

// addRun adds a run of n pixels to the float64 that are some bytes behind sums: from Σd and Σd², d = z − pivot,
//
//	Σz = Σd + n·pivot        Σz² = Σd² + pivot·(Σd + Σz)
func (e *epilogue) addRun(disp int) {
	const sums, rows, pixels gp = 1, 7, 8
	const n, z, d, d2, p vec = 0, 1, 2, 3, 4 // in place of the bias, scale and shift, which the next part loads again
	for _, first := range []vec{epilogueTotals, epilogueSquares} {
		for h := range vec(part) {
			e.fadd(first+h, first+h, first+part+h)
			e.fadd(first+2*part+h, first+2*part+h, first+3*part+h)
			e.fadd(first+h, first+h, first+2*part+h)
		}
	}
	e.field(epilogueRows, rows)
	e.field(epiloguePixels, pixels)
	e.op("MUL %v, %v, %v", pixels, rows, rows)
	e.op("SCVTFD %v, F%d", rows, n)
	for h := range part {
		for i := range 2 {
			e.widen(d, epilogueTotals+vec(h), i == 1)
			e.widen(d2, epilogueSquares+vec(h), i == 1)
			e.widen(p, epiloguePivot+vec(h), i == 1)
			at := disp + (2*h+i)*vector
			e.copy(z, d)
			e.dfmlaBy(z, p, n, 0)
			e.dadd(d, d, z)
			e.dfmla(d2, p, d)
			for _, to := range []struct {
				v  vec
				at int
			}{{z, at}, {d2, at + 8*lanes}} {
				e.load(sums, to.at, p+1)
				e.dadd(to.v, to.v, p+1)
				e.store(to.v, sums, to.at)
			}
		}
	}
}
