package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of VCMPPS.
var (
	equal   = operand.Imm(0x00)
	greater = operand.Imm(0x1E)
)

// finish ends a kernel.
func finish() {
	build.VZEROUPPER()
	build.RET()
}

// clear writes the border pixel at p.
func (s instructions) clear(p reg.GPVirtual, zero reg.VecVirtual) func() {
	return func() {
		for h := range s.halves {
			build.VMOVUPS(zero, s.at(memory(p), 0, h))
		}
	}
}

func none() {}

// named adds to a kernel's name what it does besides.
func named(name string, leaky, add bool) string {
	if leaky {
		name += "Leaky"
	}
	if add {
		name += "Add"
	}
	return name
}

func activate(s instructions, leaky bool) {
	for _, residual := range []bool{false, true} {
		name := named("activate", leaky, residual)
		field := s.function(name)
		y, z := field("out"), field("a")
		streams := []stream{{y, 1}, {z, 1}}
		var rest reg.GPVirtual
		if residual {
			rest = field("b")
			streams = append(streams, stream{rest, 1})
		}
		numbers := field("numbers")
		scale, shift, mean := s.numbers(numbers, 0), s.numbers(numbers, 1), s.numbers(numbers, 2)
		zero := s.zero()
		s.each(field("rows"), field("pixels"), streams, 4, s.clear(y, zero), func(pixels int) {
			for i := range pixels {
				for h := range s.halves {
					v := s.load(s.at(memory(z), i, h))
					build.VSUBPS(mean[h], v, v)
					build.VFMADD213PS(shift[h], scale[h], v)
					if leaky {
						below := s.vector()
						build.VMULPS(s.number(numbers, 3, h), v, below)
						build.VMAXPS(below, v, v)
					} else {
						build.VMAXPS(zero, v, v)
					}
					if residual {
						build.VADDPS(s.at(memory(rest), i, h), v, v)
					}
					build.VMOVUPS(v, s.at(memory(y), i, h))
				}
			}
		})
		finish()
	}
}

// passed returns dy where v·scale + shift > 0, else 0, or dy·below if that is not nil.
func (s instructions) passed(v, scale, shift, zero reg.VecVirtual, dy operand.Mem, below *operand.Mem) reg.VecVirtual {
	a := s.vector()
	build.VMOVAPS(v, a)
	build.VFMADD213PS(shift, scale, a)
	if below != nil {
		d, less := s.load(dy), s.vector()
		build.VMULPS(*below, d, less)
		if s.wide {
			mask := build.K()
			build.VCMPPS(greater, zero, a, mask)
			build.VMOVAPS(d, mask, less)
		} else {
			build.VCMPPS(greater, zero, a, a)
			build.VBLENDVPS(a, d, less, less)
		}
		return less
	}
	if s.wide {
		mask := build.K()
		build.VCMPPS(greater, zero, a, mask)
		build.VMOVUPS_Z(dy, mask, a)
		return a
	}
	build.VCMPPS(greater, zero, a, a)
	build.VANDPS(dy, a, a)
	return a
}

// sums are two running sums for each of a few pixels in flight.
type sums struct {
	s   instructions
	sum [2][4][2]reg.VecVirtual
	n   int
	to  reg.GPVirtual // address of 2·16 numbers in float64
}

func (s instructions) newSums(n int, to reg.GPVirtual) *sums {
	t := &sums{s: s, n: n, to: to}
	for i := range t.sum {
		for j := range n {
			for h := range s.halves {
				t.sum[i][j][h] = s.zero()
			}
		}
	}
	zero := s.zero()
	for at := 0; at < 4*vector; at += s.size {
		build.VMOVUPS(zero, operand.Mem{Base: to, Disp: at})
	}
	return t
}

// store adds the running sums to the sums in float64 and resets them to zero.
func (t *sums) store() {
	for i := range t.sum {
		for h := range t.s.halves {
			for step := 1; step < t.n; step *= 2 {
				for j := 0; j+step < t.n; j += 2 * step {
					build.VADDPS(t.sum[i][j+step][h], t.sum[i][j][h], t.sum[i][j][h])
				}
			}
			t.widen(t.sum[i][0][h], operand.Mem{Base: t.to, Disp: (i*16 + h*8) * 8})
			for j := range t.n {
				build.VXORPS(t.sum[i][j][h], t.sum[i][j][h], t.sum[i][j][h])
			}
		}
	}
}

// widen adds a vector to as many numbers in float64 at p. It overwrites v.
func (t *sums) widen(v reg.VecVirtual, p operand.Mem) {
	low := t.s.vector()
	if t.s.wide {
		build.VCVTPS2PD(v.(reg.Vec).AsY(), low)
		build.VEXTRACTF64X4(operand.Imm(1), v, v.(reg.Vec).AsY())
		build.VCVTPS2PD(v.(reg.Vec).AsY(), v)
	} else {
		build.VCVTPS2PD(v.(reg.Vec).AsX(), low)
		build.VEXTRACTF128(operand.Imm(1), v, v.(reg.Vec).AsX())
		build.VCVTPS2PD(v.(reg.Vec).AsX(), v)
	}
	for i, x := range []reg.VecVirtual{low, v} {
		at := p.Offset(i * t.s.size)
		build.VADDPD(at, x, x)
		build.VMOVUPD(x, at)
	}
}

// below returns the operand for NormGrad's factor below zero, nil for a ReLU.
func (s instructions) below(leaky bool, numbers reg.GPVirtual, h int) *operand.Mem {
	if !leaky {
		return nil
	}
	m := s.number(numbers, 6, h)
	return &m
}

// inFlight returns how many pixels a kernel with two sums can have in flight.
func (s instructions) inFlight() int { return 4 / s.halves }

func gradSums(s instructions, leaky bool) {
	field := s.function(named("gradSums", leaky, false))
	z, dy := field("a"), field("b")
	numbers := field("numbers")
	scale, shift := s.numbers(numbers, 0), s.numbers(numbers, 1)
	zero := s.zero()
	total := s.newSums(s.inFlight()/s.halves, field("sums"))
	s.each(field("rows"), field("pixels"), []stream{{z, 1}, {dy, 1}}, total.n, none, func(pixels int) {
		for i := range pixels {
			for h := range s.halves {
				v := s.load(s.at(memory(z), i, h))
				build.VSUBPS(s.number(numbers, 2, h), v, v)
				d := s.passed(v, scale[h], shift[h], zero, s.at(memory(dy), i, h), s.below(leaky, numbers, h))
				build.VADDPS(d, total.sum[0][i][h], total.sum[0][i][h])
				build.VFMADD231PS(d, v, total.sum[1][i][h])
			}
		}
	}, total.store)
	finish()
}

func activateGrad(s instructions, leaky bool) {
	for _, accumulate := range []bool{false, true} {
		name := named("activateGrad", leaky, accumulate)
		field := s.function(name)
		dz, z, dy := field("out"), field("a"), field("b")
		streams := []stream{{dz, 1}, {z, 1}, {dy, 1}}
		var acc reg.GPVirtual
		if accumulate {
			acc = field("c")
			streams = append(streams, stream{acc, 1})
		}
		numbers := field("numbers")
		scale, shift := s.numbers(numbers, 0), s.numbers(numbers, 1)
		direct, slope := s.numbers(numbers, 3), s.numbers(numbers, 4)
		zero := s.zero()
		s.each(field("rows"), field("pixels"), streams, 4/s.halves, s.clear(dz, zero), func(pixels int) {
			for i := range pixels {
				for h := range s.halves {
					v := s.load(s.at(memory(z), i, h))
					build.VSUBPS(s.number(numbers, 2, h), v, v)
					d := s.passed(v, scale[h], shift[h], zero, s.at(memory(dy), i, h), s.below(leaky, numbers, h))
					build.VFMADD213PS(s.number(numbers, 5, h), slope[h], v)
					build.VADDPS(d, v, v)
					if accumulate {
						build.VFMADD213PS(s.at(memory(acc), i, h), direct[h], v)
					} else {
						build.VMULPS(direct[h], v, v)
					}
					build.VMOVUPS(v, s.at(memory(dz), i, h))
				}
			}
		})
		finish()
	}
}

func add(s instructions) {
	field := s.function("add")
	y, a, b := field("out"), field("a"), field("b")
	s.each(field("rows"), field("pixels"), []stream{{y, 1}, {a, 1}, {b, 1}}, 4, s.clear(y, s.zero()), func(pixels int) {
		for i := range pixels {
			for h := range s.halves {
				v := s.load(s.at(memory(a), i, h))
				build.VADDPS(s.at(memory(b), i, h), v, v)
				build.VMOVUPS(v, s.at(memory(y), i, h))
			}
		}
	})
	finish()
}

func moments(s instructions) {
	field := s.function("moments")
	x := field("a")
	pivot := s.numbers(field("numbers"), 0)
	total := s.newSums(s.inFlight(), field("sums"))
	s.each(field("rows"), field("pixels"), []stream{{x, 1}}, total.n, none, func(pixels int) {
		for i := range pixels {
			for h := range s.halves {
				v := s.load(s.at(memory(x), i, h))
				build.VSUBPS(pivot[h], v, v)
				build.VADDPS(v, total.sum[0][i][h], total.sum[0][i][h])
				build.VFMADD231PS(v, v, total.sum[1][i][h])
			}
		}
	}, total.store)
	finish()
}
