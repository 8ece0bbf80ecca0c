package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// half returns the register that holds as many float32 as v holds float64.
func (m machine) half(v reg.VecPhysical) reg.VecPhysical {
	if m.parts == 1 {
		return v.AsY().(reg.VecPhysical)
	}
	return v.AsX().(reg.VecPhysical)
}

// load reads the initial value of an accumulator.
func (t tile) load(from operand.Mem, acc reg.VecPhysical) {
	if t.exact {
		build.VCVTPS2PD(from, acc)
	} else {
		build.VMOVUPS(from, acc)
	}
}

// store writes an accumulator.
func (t tile) store(to operand.Mem, acc reg.VecPhysical) {
	if t.exact {
		if t.parts == 1 {
			build.VCVTPD2PS(acc, t.half(acc))
		} else {
			build.VCVTPD2PSY(acc, t.half(acc))
		}
		acc = t.half(acc)
	}
	build.VMOVUPS(acc, to)
}

// widened multiplies and adds in float64, where products of float32 are exact.
func (t tile) widened(x, w reg.Register) {
	per := t.per()
	weight := t.accs()
	spare, count := weight+per, 0
	for tap := range t.taps {
		for i := range per {
			build.VCVTPS2PD(operand.Mem{Base: w, Disp: tap*pixel + i*pixel/per}, t.v(weight+i))
		}
		for c := range t.cols {
			value := t.v(spare + count%2)
			count++
			build.VBROADCASTSS(xRow(x, 0, (c*t.skip+tap)*t.step), t.half(value))
			build.VCVTPS2PD(t.half(value), value)
			for i := range per {
				build.VFMADD231PD(value, t.v(weight+i), t.acc(0, c, 0, i))
			}
		}
	}
}
