package main

import (
	"fmt"
	"math"
	"strings"
)

// A flatKernel generates kernels over flat vectors, sixteen numbers at a time.
type flatKernel struct {
	*file
	constants *constantTable
}

// constantTable holds vectors of four equal numbers in read-only memory, by their bits.
type constantTable struct {
	places map[uint32]int
	data   strings.Builder
}

// table is the register with the address of the constants.
const table = firstSpareGP

const tableName = "flatConstants<>"

// bits loads a constant by its bits.
func (f flatKernel) bits(b uint32, to vec) {
	at, ok := f.constants.places[b]
	if !ok {
		at = len(f.constants.places) * vector
		f.constants.places[b] = at
		for i := range quad {
			fmt.Fprintf(&f.constants.data, "DATA %s+%d(SB)/4, $0x%08x\n", tableName, at+4*i, b)
		}
	}
	f.load(table, at, to)
}

func (f flatKernel) number(x float64, to vec) { f.bits(math.Float32bits(float32(x)), to) }

func flats(f *file) {
	k := flatKernel{f, &constantTable{places: map[uint32]int{}}}
	k.adam()
	k.pixelSums()
	k.lossGrad()
	k.sigmoid()
	k.elu()
	k.eluGrad()
	k.silu()
	k.siluGrad()
	fmt.Fprintf(&f.text, "\n%sGLOBL %s(SB), RODATA|NOPTR, $%d\n", k.constants.data.String(), tableName,
		len(k.constants.places)*vector)
}

// begin starts a kernel.
func (f flatKernel) begin(name string, used ...gp) {
	f.beginKernel(name+"NEON", append(used, paramRows)...)
	f.op("MOVD $%s(SB), %v", tableName, table)
}

// each calls body for each four of sixteen numbers, which are some bytes from the pointers on.
func (f flatKernel) each(pointers []gp, body func(at int)) {
	f.repeat(paramRows, func() {
		for at := 0; at < 4*lanes; at += vector {
			body(at)
		}
		for _, p := range pointers {
			f.advance(4*lanes, p)
		}
	})
}

// adam's numbers are the fields of AdamStep.
func (f flatKernel) adam() {
	const first, second, epsilon vec = 31, 30, 29 // numbers 0 to 3 and 3 to 6; the last of them
	const g, m, v, p, denominator vec = 0, 1, 2, 3, 4
	by := func(number int) (vec, int) {
		if number < quad {
			return first, number
		}
		return second, number - quad + 1
	}
	mul := func(d, n vec, number int) { r, i := by(number); f.fmulBy(d, n, r, i) }
	fma := func(d, n vec, number int) { r, i := by(number); f.fmlaBy(d, n, r, i) }
	f.begin("adam", paramOut, paramA, paramB, paramC, paramNumbers)
	f.load(paramNumbers, 0, first)
	f.load(paramNumbers, 4*(quad-1), second)
	f.copyOf(epsilon, second, 3)
	f.each([]gp{paramOut, paramA, paramB, paramC}, func(at int) {
		f.load(paramA, at, g)
		f.load(paramB, at, m)
		f.load(paramC, at, v)
		f.load(paramOut, at, p)
		mul(m, m, 0)
		fma(m, g, 1)
		f.store(m, paramB, at)
		f.fmul(g, g, g)
		mul(v, v, 2)
		fma(v, g, 3)
		f.store(v, paramC, at)
		f.fsqrt(v, v)
		f.copy(denominator, epsilon)
		fma(denominator, v, 5)
		mul(m, m, 4)
		f.fdiv(m, m, denominator)
		f.fsub(p, p, m)
		f.store(p, paramOut, at)
	})
	f.end()
}

// Registers of the functions of a logit.
const (
	logit       vec = iota
	truth           // the target
	probability     // 1/(1 + e^−z)
	exponential     // e^−|z|
	work            // and the following three
	result      = work + 4
)

// horner writes the polynomial in x with these coefficients, highest power first, to y; temp is another register.
func (f flatKernel) horner(x, y, temp vec, coefficients ...float64) {
	f.number(coefficients[0], y)
	for i, c := range coefficients[1:] {
		next := []vec{temp, y}[i%2]
		f.number(c, next)
		f.fmla(next, []vec{y, temp}[i%2], x)
	}
	if len(coefficients)%2 == 0 {
		f.copy(y, temp)
	}
}

// powers computes q and 2ⁿ with e^−|z| = (1 + q)·2ⁿ of a logit, to about a unit in the last place, in registers work
// and the next: q = e^r − 1 with |r| ≤ ln 2 / 2, by the polynomial of the Cephes library.
func (f flatKernel) powers() {
	x, n, y, temp := work, work+1, work+2, work+3
	f.bits(1<<31, temp)
	f.or(x, logit, temp)
	f.number(-87, temp)
	f.fmax(x, x, temp)
	f.number(math.Log2E, temp)
	f.fmul(n, x, temp)
	f.integral(n, n)
	f.number(0.693359375, temp)
	f.fmls(x, n, temp)
	f.number(-2.12194440e-4, temp)
	f.fmls(x, n, temp)
	f.horner(x, y, temp, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
		4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	f.fmul(temp, x, x)
	f.fmla(x, temp, y)
	f.toInteger(n, n)
	f.bits(127, y)
	f.iadd(n, n, y)
	f.toExponent(n, n)
}

// exponentials computes e^−|z| of a logit, and leaves a one in the last register of work.
func (f flatKernel) exponentials() {
	f.powers()
	f.number(1, work+3)
	f.fadd(work, work, work+3)
	f.fmul(exponential, work, work+1)
}

// probabilities computes p = 1/(1 + e^−z) and e^−|z| of a logit.
func (f flatKernel) probabilities() {
	x, n, y, one := work, work+1, work+2, work+3
	f.exponentials()
	f.fadd(y, exponential, one)
	f.fdiv(probability, one, y)
	f.fmul(x, exponential, probability) // where z < 0
	f.negative(n, logit)
	f.selectBits(n, x, probability)
	f.copy(probability, n)
}

// pixelSums adds to sums: cross-entropy, p·t, p, t, (p − t)², and one if the pixel is correct.
func (f flatKernel) pixelSums() {
	f.begin("pixelSums", paramOut, paramA, paramB)
	f.each([]gp{paramA, paramB}, func(at int) {
		f.load(paramA, at, logit)
		f.load(paramB, at, truth)
		f.probabilities()
		addTo := func(i int, v vec) {
			f.load(paramOut, i*4*lanes+at, work+3)
			f.fadd(v, v, work+3)
			f.store(v, paramOut, i*4*lanes+at)
		}
		// ln(1 + e) = 2·artanh(e/(2 + e)) by its series.
		ratio, square := work, work+1
		f.number(2, square)
		f.fadd(square, square, exponential)
		f.fdiv(ratio, exponential, square)
		f.fmul(square, ratio, ratio)
		f.horner(square, work+2, work+3, 2.0/13, 2.0/11, 2.0/9, 2.0/7, 2.0/5, 2.0/3, 2)
		f.fmul(result, work+2, ratio)
		f.zero(work)
		f.fmax(work, work, logit)
		f.fadd(result, result, work)
		f.fmls(result, logit, truth)
		addTo(0, result)
		f.fmul(work, probability, truth)
		addTo(1, work)
		f.fsub(work, probability, truth)
		f.fmul(work, work, work)
		addTo(4, work)
		f.number(0.5, work)
		f.fcmgt(work, truth, work)
		f.fcmgtZero(work+1, logit)
		f.xor(work, work, work+1)
		f.number(1, work+1)
		f.andNot(work, work+1, work)
		addTo(5, work)
		addTo(2, probability)
		addTo(3, truth)
	})
	f.end()
}

// lossGrad is numbers[0]·(p − t) + (numbers[1] + numbers[2]·t)·p·(1 − p).
func (f flatKernel) lossGrad() {
	const factor, constant, slope vec = 31, 30, 29
	f.begin("lossGrad", paramOut, paramA, paramB, paramNumbers)
	for i, to := range []vec{factor, constant, slope} {
		f.loadPart(1, paramNumbers, 4*i, to)
		f.copyOf(to, to, 0)
	}
	f.each([]gp{paramOut, paramA, paramB}, func(at int) {
		f.load(paramA, at, logit)
		f.load(paramB, at, truth)
		f.probabilities()
		f.fsub(result, probability, truth)
		f.fmul(result, result, factor)
		f.copy(work, probability)
		f.fmls(work, probability, probability) // p − p²
		f.copy(work+1, constant)
		f.fmla(work+1, truth, slope)
		f.fmla(result, work+1, work)
		f.store(result, paramOut, at)
	})
	f.end()
}

func (f flatKernel) sigmoid() {
	f.begin("sigmoid", paramOut, paramA)
	f.each([]gp{paramOut, paramA}, func(at int) {
		f.load(paramA, at, logit)
		f.probabilities()
		f.store(probability, paramOut, at)
	})
	f.end()
}

// elu is u where u > 0, else e^u − 1 = q·2ⁿ + (2ⁿ − 1).
func (f flatKernel) elu() {
	f.begin("elu", paramOut, paramA)
	f.each([]gp{paramOut, paramA}, func(at int) {
		f.load(paramA, at, logit)
		f.powers()
		f.number(1, work+2)
		f.fsub(result, work+1, work+2)
		f.fmla(result, work, work+1)
		f.fcmgtZero(work, logit)
		f.selectBits(work, logit, result)
		f.store(work, paramOut, at)
	})
	f.end()
}

// eluGrad is d where u > 0, else d·e^u.
func (f flatKernel) eluGrad() {
	f.begin("eluGrad", paramOut, paramA, paramB)
	f.each([]gp{paramOut, paramA, paramB}, func(at int) {
		f.load(paramA, at, logit)
		f.load(paramB, at, truth)
		f.exponentials()
		f.fcmgtZero(work, logit)
		f.selectBits(work, work+3, exponential)
		f.fmul(result, work, truth)
		f.store(result, paramOut, at)
	})
	f.end()
}

func (f flatKernel) silu() {
	f.begin("silu", paramOut, paramA)
	f.each([]gp{paramOut, paramA}, func(at int) {
		f.load(paramA, at, logit)
		f.probabilities()
		f.fmul(result, logit, probability)
		f.store(result, paramOut, at)
	})
	f.end()
}

// siluGrad is d·p·(1 + u·(1 − p)) with p = sigmoid(u).
func (f flatKernel) siluGrad() {
	f.begin("siluGrad", paramOut, paramA, paramB)
	f.each([]gp{paramOut, paramA, paramB}, func(at int) {
		f.load(paramA, at, logit)
		f.load(paramB, at, truth)
		f.probabilities()
		f.number(1, result)
		f.fsub(work, result, probability)
		f.fmla(result, work, logit)
		f.fmul(result, result, probability)
		f.fmul(result, result, truth)
		f.store(result, paramOut, at)
	})
	f.end()
}
