package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// constants are vectors of 16 equal numbers in read-only memory, by their bits.
var constants = map[uint32]operand.Mem{}

func words(b uint32) operand.Mem {
	if m, ok := constants[b]; ok {
		return m
	}
	names := []byte("constant00")
	names[8] += byte(len(constants) / 10)
	names[9] += byte(len(constants) % 10)
	m := build.GLOBL(string(names), build.RODATA|build.NOPTR)
	for i := range 16 {
		build.DATA(4*i, operand.U32(b))
	}
	constants[b] = m
	return m
}

func number(x float64) operand.Mem { return words(math.Float32bits(float32(x))) }

// flatSteps calls body for each vector of 16 numbers; rows is their number.
func flatSteps(rows reg.GPVirtual, pointers []reg.GPVirtual, body func()) {
	loop("vector", rows, func() {
		body()
		for _, p := range pointers {
			build.ADDQ(operand.Imm(vector), p)
		}
	})
}

// horner returns the polynomial in x with these coefficients, highest power first.
func (s instructions) horner(x reg.VecVirtual, coefficients ...float64) reg.VecVirtual {
	y := s.load(number(coefficients[0]))
	for _, c := range coefficients[1:] {
		build.VFMADD213PS(number(c), x, y)
	}
	return y
}

// expParts returns q and 2ⁿ with e^x = (1 + q)·2ⁿ for x ≤ 0 to about a unit in the last place: q = e^r − 1 with
// |r| ≤ ln 2 / 2, by the polynomial of the Cephes library. It overwrites x.
func (s instructions) expParts(x reg.VecVirtual) (q, power reg.VecVirtual) {
	build.VMAXPS(number(-87), x, x)
	n := s.vector()
	build.VMULPS(number(math.Log2E), x, n)
	if s.wide {
		build.VRNDSCALEPS(operand.Imm(0x08), n, n)
	} else {
		build.VROUNDPS(operand.Imm(0x08), n, n)
	}
	build.VFNMADD231PS(number(0.693359375), n, x)
	build.VFNMADD231PS(number(-2.12194440e-4), n, x)
	q = s.horner(x, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
		4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	square := s.vector()
	build.VMULPS(x, x, square)
	build.VFMADD213PS(x, square, q)
	build.VCVTPS2DQ(n, n)
	build.VPADDD(words(127), n, n)
	build.VPSLLD(operand.Imm(23), n, n)
	return q, n
}

// expNegative returns e^x for x ≤ 0. It overwrites x.
func (s instructions) expNegative(x reg.VecVirtual) reg.VecVirtual {
	y, power := s.expParts(x)
	build.VADDPS(number(1), y, y)
	build.VMULPS(power, y, y)
	return y
}

// sigmoidOf returns p = 1/(1 + e^−z), and e = e^−|z|.
func (s instructions) sigmoidOf(z reg.VecVirtual) (p, e reg.VecVirtual) {
	x := s.vector()
	build.VORPS(words(1<<31), z, x)
	e = s.expNegative(x)
	low, one := s.vector(), s.load(number(1))
	build.VADDPS(e, one, low)
	p = s.vector()
	build.VDIVPS(low, one, p)
	build.VMULPS(e, p, low) // where z < 0
	if s.wide {
		negative := build.K()
		build.VPMOVD2M(z, negative)
		build.VMOVAPS(low, negative, p)
	} else {
		build.VBLENDVPS(z, low, p, p)
	}
	return p, e
}

// log1p returns ln(1 + e) for 0 ≤ e ≤ 1: 2·artanh(e/(2 + e)) by its series.
func (s instructions) log1p(e reg.VecVirtual) reg.VecVirtual {
	ratio, square := s.vector(), s.vector()
	build.VADDPS(number(2), e, ratio)
	build.VDIVPS(ratio, e, ratio)
	build.VMULPS(ratio, ratio, square)
	y := s.horner(square, 2.0/13, 2.0/11, 2.0/9, 2.0/7, 2.0/5, 2.0/3, 2)
	build.VMULPS(ratio, y, y)
	return y
}

// addTo adds v to vector i of the sums at p.
func (s instructions) addTo(p reg.GPVirtual, i, h int, v reg.VecVirtual) {
	build.VADDPS(s.at(memory(p), i, h), v, v)
	build.VMOVUPS(v, s.at(memory(p), i, h))
}

// pixelSums adds to sums: cross-entropy, p·t, p, t, (p − t)², and one if the pixel is correct.
func pixelSums(s instructions) {
	field := s.function("pixelSums")
	logits, target, sums := field("a"), field("b"), field("out")
	flatSteps(field("rows"), []reg.GPVirtual{logits, target}, func() {
		for h := range s.halves {
			z, t := s.load(s.at(memory(logits), 0, h)), s.load(s.at(memory(target), 0, h))
			p, e := s.sigmoidOf(z)
			entropy, zero := s.log1p(e), s.zero()
			positive := s.vector()
			build.VMAXPS(zero, z, positive)
			build.VADDPS(positive, entropy, entropy)
			build.VFNMADD231PS(z, t, entropy)
			s.addTo(sums, 0, h, entropy)
			both := s.vector()
			build.VMULPS(p, t, both)
			s.addTo(sums, 1, h, both)
			square := s.vector()
			build.VSUBPS(t, p, square)
			build.VMULPS(square, square, square)
			s.addTo(sums, 4, h, square)
			s.addTo(sums, 2, h, p)
			right := s.vector()
			if s.wide {
				above, truth := build.K(), build.K()
				build.VCMPPS(greater, zero, z, above)
				build.VCMPPS(greater, number(0.5), t, truth)
				build.KXNORW(above, truth, truth)
				build.VMOVUPS_Z(number(1), truth, right)
			} else {
				build.VCMPPS(greater, zero, z, z)
				build.VCMPPS(greater, number(0.5), t, right)
				build.VXORPS(z, right, right)
				build.VANDNPS(number(1), right, right)
			}
			s.addTo(sums, 5, h, right)
			s.addTo(sums, 3, h, t)
		}
	})
	finish()
}

// lossGrad is numbers[0]·(p − t) + (numbers[1] + numbers[2]·t)·p·(1 − p).
func lossGrad(s instructions) {
	field := s.function("lossGrad")
	out, logits, target, numbers := field("out"), field("a"), field("b"), field("numbers")
	var weights [3]reg.VecVirtual
	for i := range weights {
		weights[i] = s.vector()
		build.VBROADCASTSS(operand.Mem{Base: numbers, Disp: 4 * i}, weights[i])
	}
	flatSteps(field("rows"), []reg.GPVirtual{out, logits, target}, func() {
		for h := range s.halves {
			z, t := s.load(s.at(memory(logits), 0, h)), s.load(s.at(memory(target), 0, h))
			p, _ := s.sigmoidOf(z)
			gradient, dice := s.vector(), s.vector()
			build.VSUBPS(t, p, gradient)
			build.VMULPS(weights[0], gradient, gradient)
			build.VMOVAPS(p, dice)
			build.VFNMADD213PS(p, p, dice) // p − p²
			build.VFMADD213PS(weights[1], weights[2], t)
			build.VFMADD231PS(dice, t, gradient)
			build.VMOVUPS(gradient, s.at(memory(out), 0, h))
		}
	})
	finish()
}

func sigmoid(s instructions) {
	field := s.function("sigmoid")
	out, logits := field("out"), field("a")
	flatSteps(field("rows"), []reg.GPVirtual{out, logits}, func() {
		for h := range s.halves {
			p, _ := s.sigmoidOf(s.load(s.at(memory(logits), 0, h)))
			build.VMOVUPS(p, s.at(memory(out), 0, h))
		}
	})
	finish()
}
