package main

import "fmt"

// parameters are those of all kernels of package kernel, in the order of the registers that hold them; they are
// explained there.
const parameters = "out, a, b, c, numbers *float32, sums *float64, rows, pixels int"

// General registers of these kernels.
const (
	paramOut gp = 1 + iota
	paramA
	paramB
	paramC
	paramNumbers
	paramSums
	paramRows
	paramPixels
	left  // pixels of the row
	chunk // pixels until sums are added in float64
	firstSpareGP
)

// beginKernel starts a kernel of package kernel and loads the parameters that it uses.
func (f *file) beginKernel(name string, used ...gp) {
	fmt.Fprintf(&f.declarations, "//go:noescape\nfunc %s(%s)\n\n", name, parameters)
	fmt.Fprintf(&f.text, "\nTEXT ·%s(SB), NOSPLIT, $0-64\n", name)
	for _, r := range used {
		parameter := []string{"out", "a", "b", "c", "numbers", "sums", "rows", "pixels"}[r-paramOut]
		f.op("MOVD %s+%d(FP), %v", parameter, 8*(r-paramOut), r)
	}
}

// A stream is an operand over which a kernel iterates, and how many of its pixels belong to one pixel of the kernel.
type stream struct {
	at    gp
	scale int
}

// A mapKernel generates kernels over maps of one block size.
type mapKernel struct {
	*file
	width int // channels of a pixel
}

// zeros is the register with zeros for borders.
const zeros vec = 31

// longest is the number of pixels whose sums are added in float32.
const longest = 64

func maps(f *file) {
	for _, width := range []int{lanes, half} {
		m := mapKernel{f, width}
		for _, leaky := range []bool{false, true} {
			m.activate(leaky, false)
			m.activate(leaky, true)
			m.gradSums(leaky)
			m.activateGrad(leaky, false)
			m.activateGrad(leaky, true)
		}
		m.add()
		m.moments()
		m.maxPool()
		m.maxPoolGrad(false)
		m.maxPoolGrad(true)
	}
}

// named returns a kernel's name with what it does besides.
func (m mapKernel) named(name string, leaky, add bool) string {
	if leaky {
		name += "Leaky"
	}
	if add {
		name += "Add"
	}
	if m.width == half {
		name += "Half"
	}
	return name + "NEON"
}

// pixel returns the size of a pixel in bytes.
func (m mapKernel) pixel() int { return 4 * m.width }

// vectors returns the number of vectors of a pixel.
func (m mapKernel) vectors() vec { return vec(m.width / quad) }

// steps are the numbers of pixels that a loop takes at once.
func (m mapKernel) steps() []int {
	if m.width == half {
		return []int{2, 1}
	}
	return []int{1}
}

// numbers loads vector i of the structure of channel numbers, from the given register on, and returns the register
// behind it.
func (m mapKernel) numbers(i int, to vec) vec {
	for h := vec(0); h < m.vectors(); h += 2 {
		m.number(i, h, to+h)
	}
	return to + m.vectors()
}

// number loads a pair of vectors of number i of each channel.
func (m mapKernel) number(i int, h, to vec) {
	m.loadPair(paramNumbers, i*4*lanes+int(h)*vector, to, to+1)
}

// clear writes a border pixel.
func (m mapKernel) clear(at gp) {
	for h := vec(0); h < m.vectors(); h += 2 {
		m.storePair(zeros, zeros, at, int(h)*vector)
	}
}

// rows runs body for each row.
func (m mapKernel) rows(body func()) {
	none := m.label("none")
	m.op("CBZ %v, %s", paramRows, none)
	m.repeat(paramRows, body)
	m.mark(none)
}

// row iterates over the pixels of a row: body processes the pairs of vectors of one pixel, which are some bytes from
// the streams on. At the borders before and behind, outputs are cleared. Sums are added up by flush, if there is one.
func (m mapKernel) row(streams []stream, outputs []gp, flush func(), body func(pixel int, h vec)) {
	border := func() {
		for _, out := range outputs {
			m.clear(out)
		}
		for _, s := range streams {
			m.advance(m.pixel(), s.at)
		}
	}
	pixels := func(left gp) {
		m.count(left, m.steps(), func(n int) {
			for p := range n {
				for h := vec(0); h < m.vectors(); h += 2 {
					body(p, h)
				}
			}
			for _, s := range streams {
				m.advance(n*s.scale*m.pixel(), s.at)
			}
		})
	}
	border()
	m.move(paramPixels, left)
	if flush == nil {
		pixels(left)
	} else {
		again := m.label("chunk")
		m.mark(again)
		m.op("MOVD $%d, %v", longest, chunk)
		m.op("CMP $%d, %v", longest, left)
		m.op("CSEL LT, %v, %v, %v", left, chunk, chunk)
		m.op("SUB %v, %v, %v", chunk, left, left)
		pixels(chunk)
		flush()
		m.op("CBNZ %v, %s", left, again)
	}
	border()
}

// at returns the place of a pair of vectors of a pixel.
func (m mapKernel) at(pixel int, h vec) int { return pixel*m.pixel() + int(h)*vector }

// rectified is u where that is above zero, else 0, or u·below if the function is leaky: below is register `spare` and
// the next, loaded from number i.
func (m mapKernel) rectified(leaky bool, i int, h, u, spare vec) {
	if !leaky {
		for j := range vec(2) {
			m.fmax(u+j, u+j, zeros)
		}
		return
	}
	m.number(i, h, spare)
	for j := range vec(2) {
		m.fmul(spare+j, spare+j, u+j)
		m.fmax(u+j, u+j, spare+j)
	}
}

func (m mapKernel) activate(leaky, residual bool) {
	used := []gp{paramOut, paramA, paramNumbers, paramRows, paramPixels}
	streams := []stream{{paramOut, 1}, {paramA, 1}}
	if residual {
		used, streams = append(used, paramB), append(streams, stream{paramB, 1})
	}
	m.beginKernel(m.named("activate", leaky, residual), used...)
	const scale vec = 0
	shift := m.numbers(0, scale)
	mean := m.numbers(1, shift)
	z := m.numbers(2, mean)
	u, spare := z+2, z+4
	m.zero(zeros)
	m.rows(func() {
		m.row(streams, []gp{paramOut}, nil, func(pixel int, h vec) {
			m.loadPair(paramA, m.at(pixel, h), z, z+1)
			for j := range vec(2) {
				m.fsub(z+j, z+j, mean+h+j)
				m.copy(u+j, shift+h+j)
				m.fmla(u+j, z+j, scale+h+j)
			}
			m.rectified(leaky, 3, h, u, spare)
			if residual {
				m.loadPair(paramB, m.at(pixel, h), spare, spare+1)
				for j := range vec(2) {
					m.fadd(u+j, u+j, spare+j)
				}
			}
			m.storePair(u, u+1, paramOut, m.at(pixel, h))
		})
	})
	m.end()
}

// passed computes d from dy, which both are in register d and the next: dy where a = v·scale + shift > 0, else 0, or
// dy·below. It overwrites a and spare.
func (m mapKernel) passed(leaky bool, h, v, scale, shift, a, d, spare vec) {
	if leaky {
		m.number(6, h, spare)
	}
	for j := range vec(2) {
		m.copy(a+j, shift+h+j)
		m.fmla(a+j, v+j, scale+h+j)
		m.fcmgtZero(a+j, a+j)
		if leaky {
			m.fmul(spare+j, spare+j, d+j)
			m.selectBits(a+j, d+j, spare+j)
			m.copy(d+j, a+j)
		} else {
			m.and(d+j, d+j, a+j)
		}
	}
}

// clearSums sets the sums in float64 to zero.
func (m mapKernel) clearSums() {
	for at := 0; at < 2*8*lanes; at += 2 * vector {
		m.storePair(zeros, zeros, paramSums, at)
	}
}

// flush adds two sums of each channel, from register `total` on, to those in float64 and sets them to zero.
func (m mapKernel) flush(total, spare vec) {
	for i := range 2 {
		for h := range m.vectors() {
			sum, at := total+vec(i)*m.vectors()+h, 8*(i*lanes+int(h)*quad)
			m.loadPair(paramSums, at, spare, spare+1)
			m.widen(spare+2, sum, false)
			m.dadd(spare, spare, spare+2)
			m.widen(spare+2, sum, true)
			m.dadd(spare+1, spare+1, spare+2)
			m.storePair(spare, spare+1, paramSums, at)
			m.zero(sum)
		}
	}
}

// newSums sets the sums from register `total` on and those in float64 to zero, and returns the register behind them.
func (m mapKernel) newSums(total vec) vec {
	m.zero(zeros)
	m.clearSums()
	for i := range 2 * m.vectors() {
		m.zero(total + i)
	}
	return total + 2*m.vectors()
}

func (m mapKernel) gradSums(leaky bool) {
	m.beginKernel(m.named("gradSums", leaky, false),
		paramA, paramB, paramNumbers, paramSums, paramRows, paramPixels)
	const scale vec = 0
	shift := m.numbers(0, scale)
	mean := m.numbers(1, shift)
	total := m.numbers(2, mean)
	v := m.newSums(total)
	a, d, spare := v+2, v+4, v+6
	m.rows(func() {
		m.row([]stream{{paramA, 1}, {paramB, 1}}, nil, func() { m.flush(total, v) }, func(pixel int, h vec) {
			m.loadPair(paramA, m.at(pixel, h), v, v+1)
			m.loadPair(paramB, m.at(pixel, h), d, d+1)
			for j := range vec(2) {
				m.fsub(v+j, v+j, mean+h+j)
			}
			m.passed(leaky, h, v, scale, shift, a, d, spare)
			for j := range vec(2) {
				m.fadd(total+h+j, total+h+j, d+j)
				m.fmla(total+m.vectors()+h+j, d+j, v+j)
			}
		})
	})
	m.end()
}

func (m mapKernel) activateGrad(leaky, accumulate bool) {
	used := []gp{paramOut, paramA, paramB, paramNumbers, paramRows, paramPixels}
	streams := []stream{{paramOut, 1}, {paramA, 1}, {paramB, 1}}
	if accumulate {
		used, streams = append(used, paramC), append(streams, stream{paramC, 1})
	}
	m.beginKernel(m.named("activateGrad", leaky, accumulate), used...)
	const scale vec = 0
	shift := m.numbers(0, scale)
	mean := m.numbers(1, shift)
	direct := m.numbers(2, mean)
	slope := m.numbers(3, direct)
	v := m.numbers(4, slope)
	a, d, spare := v+2, v+4, v+6
	m.zero(zeros)
	m.rows(func() {
		m.row(streams, []gp{paramOut}, nil, func(pixel int, h vec) {
			at := m.at(pixel, h)
			m.loadPair(paramA, at, v, v+1)
			m.loadPair(paramB, at, d, d+1)
			for j := range vec(2) {
				m.fsub(v+j, v+j, mean+h+j)
			}
			m.passed(leaky, h, v, scale, shift, a, d, spare)
			m.number(5, h, spare)
			if accumulate {
				m.loadPair(paramC, at, a, a+1)
			}
			for j := range vec(2) {
				m.fmla(spare+j, v+j, slope+h+j)
				m.fadd(spare+j, spare+j, d+j)
				if accumulate {
					m.fmla(a+j, spare+j, direct+h+j)
				} else {
					m.fmul(a+j, spare+j, direct+h+j)
				}
			}
			m.storePair(a, a+1, paramOut, at)
		})
	})
	m.end()
}

func (m mapKernel) add() {
	m.beginKernel(m.named("add", false, false), paramOut, paramA, paramB, paramRows, paramPixels)
	m.zero(zeros)
	m.rows(func() {
		m.row([]stream{{paramOut, 1}, {paramA, 1}, {paramB, 1}}, []gp{paramOut}, nil, func(pixel int, h vec) {
			at, x := m.at(pixel, h), 4*h
			m.loadPair(paramA, at, x, x+1)
			m.loadPair(paramB, at, x+2, x+3)
			m.fadd(x, x, x+2)
			m.fadd(x+1, x+1, x+3)
			m.storePair(x, x+1, paramOut, at)
		})
	})
	m.end()
}

func (m mapKernel) moments() {
	m.beginKernel(m.named("moments", false, false), paramA, paramNumbers, paramSums, paramRows, paramPixels)
	const pivot vec = 0
	total := m.numbers(0, pivot)
	x := m.newSums(total)
	m.rows(func() {
		m.row([]stream{{paramA, 1}}, nil, func() { m.flush(total, x) }, func(pixel int, h vec) {
			m.loadPair(paramA, m.at(pixel, h), x, x+1)
			for j := range vec(2) {
				m.fsub(x+j, x+j, pivot+h+j)
				m.fadd(total+h+j, total+h+j, x+j)
				m.fmla(total+m.vectors()+h+j, x+j, x+j)
			}
		})
	})
	m.end()
}

// Registers of the pooling kernels: lower rows of maps of twice the resolution, and the distance of their rows.
const (
	lowerA gp = firstSpareGP + iota
	lowerC
	lowerOut
	largeRow
)

// largeRows loads the distance of rows of maps of twice the resolution.
func (m mapKernel) largeRows() {
	m.op("LSL $1, %v, %v", paramPixels, largeRow)
	m.advance(2, largeRow)
	m.op("MOVD $%d, %v", m.pixel(), left)
	m.op("MUL %v, %v, %v", left, largeRow, largeRow)
}

// corners loads the pairs of vectors of four pixels: two of an upper row and two of a lower one.
func (m mapKernel) corners(upper, lower gp, h, to vec) {
	for i, row := range []gp{upper, upper, lower, lower} {
		m.loadPair(row, m.at(i%2, h), to+2*vec(i), to+2*vec(i)+1)
	}
}

func (m mapKernel) maxPool() {
	m.beginKernel(m.named("maxPool", false, false), paramOut, paramA, paramRows, paramPixels)
	m.largeRows()
	m.zero(zeros)
	const x vec = 0
	m.rows(func() {
		m.op("ADD %v, %v, %v", largeRow, paramA, lowerA)
		m.pool([]stream{{paramOut, 1}, {paramA, 2}, {lowerA, 2}}, []gp{paramOut}, func(h vec) {
			m.corners(paramA, lowerA, h, x)
			for j := range vec(2) {
				m.fmax(x+j, x+j, x+2+j)
				m.fmax(x+4+j, x+4+j, x+6+j)
				m.fmax(x+j, x+j, x+4+j)
			}
			m.storePair(x, x+1, paramOut, m.at(0, h))
		})
		m.skipRow(paramA)
	})
	m.end()
}

// pool iterates over the pixels of a row of the smaller map, one at a time.
func (m mapKernel) pool(streams []stream, outputs []gp, body func(h vec)) {
	border := func() {
		for _, out := range outputs {
			m.clear(out)
		}
		for _, s := range streams {
			m.advance(m.pixel(), s.at)
		}
	}
	border()
	m.move(paramPixels, left)
	m.repeat(left, func() {
		for h := vec(0); h < m.vectors(); h += 2 {
			body(h)
		}
		for _, s := range streams {
			m.advance(s.scale*m.pixel(), s.at)
		}
	})
	border()
}

// skipRow moves pointers to rows of the larger map, which are behind the upper row, behind the lower one.
func (m mapKernel) skipRow(pointers ...gp) {
	for _, p := range pointers {
		m.file.add(largeRow, p)
	}
}

func (m mapKernel) maxPoolGrad(accumulate bool) {
	used := []gp{paramOut, paramA, paramB, paramRows, paramPixels}
	if accumulate {
		used = append(used, paramC)
	}
	m.beginKernel(m.named("maxPoolGrad", false, accumulate), used...)
	m.largeRows()
	m.zero(zeros)
	const x, best, rest, acc vec = 0, 8, 10, 12
	streams := []stream{{paramB, 1}, {paramOut, 2}, {lowerOut, 2}, {paramA, 2}, {lowerA, 2}}
	large := []gp{paramOut, paramA}
	if accumulate {
		streams = append(streams, stream{paramC, 2}, stream{lowerC, 2})
		large = append(large, paramC)
	}
	m.rows(func() {
		m.op("ADD %v, %v, %v", largeRow, paramOut, lowerOut)
		m.op("ADD %v, %v, %v", largeRow, paramA, lowerA)
		if accumulate {
			m.op("ADD %v, %v, %v", largeRow, paramC, lowerC)
		}
		m.pool(streams, []gp{paramOut, lowerOut}, func(h vec) {
			m.corners(paramA, lowerA, h, x)
			m.loadPair(paramB, m.at(0, h), rest, rest+1)
			if accumulate {
				m.corners(paramC, lowerC, h, acc)
			}
			for j := range vec(2) {
				m.fmax(best+j, x+j, x+2+j)
				m.fmax(best+j, best+j, x+4+j)
				m.fmax(best+j, best+j, x+6+j)
				for i := range vec(4) { // rest is dy where no maximum has been found yet
					v := x + 2*i + j
					m.fcmeq(v, v, best+j)
					m.and(acc+8, rest+j, v)
					m.andNot(rest+j, rest+j, v)
					if accumulate {
						m.fadd(v, acc+8, acc+2*i+j)
					} else {
						m.copy(v, acc+8)
					}
				}
			}
			for i, row := range []gp{paramOut, paramOut, lowerOut, lowerOut} {
				m.storePair(x+2*vec(i), x+2*vec(i)+1, row, m.at(i%2, h))
			}
		})
		m.skipRow(large...)
	})
	m.end()
}
