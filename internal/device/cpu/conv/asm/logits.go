package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of the Go structure logitArgs.
const (
	logitsX = iota
	logitsW
	logitsOut
	logitsXPlane
	logitsPlanes
	logitsGroups
	logitsBias
)

// logitPixels is the number of pixels that the kernel of logits takes at a time.
const logitPixels = 8

// logits generates the kernels of logits from pixels of sixteen and of eight channels.
func logits(f *goFile) {
	logitsOf(f, "logitsAVX2", lanes)
	logitsOf(f, "logitsHalfAVX2", half)
}

// logitsOf generates the kernel of a 1×1 convolution to one channel in float64, from pixels of some channels: eight
// pixels at a time, four in a vector, so that each number is converted once. Four channels of four pixels are transposed
// first, by which each sum keeps the order of the channels.
func logitsOf(f *goFile, name string, channels int) {
	pixel := 4 * channels // also the distance of weights
	label := func(s string) operand.LabelRef { return operand.LabelRef(s + "_" + name) }
	v, x := avx2.v, func(i int) reg.VecPhysical { return avx2.v(i).AsX().(reg.VecPhysical) }
	sums, bias := []reg.VecPhysical{v(0), v(1)}, x(2)
	a := begin(name)
	from, to := reg.RSI, reg.R8
	build.MOVQ(field(a, logitsX), from)
	build.MOVQ(field(a, logitsOut), to)
	build.MOVQ(field(a, logitsXPlane), reg.R11)
	build.MOVQ(field(a, logitsGroups), reg.RCX)
	build.Label("group_" + name)
	build.MOVQ(from, reg.RAX)
	build.MOVQ(field(a, logitsW), reg.R9)
	build.MOVQ(field(a, logitsPlanes), reg.RBX)
	for _, s := range sums {
		avx2.zero(s)
	}
	build.Label("plane_" + name)
	for c := 0; c < channels; c += 4 {
		for half := range sums {
			for p := range 4 {
				build.VMOVUPS(operand.Mem{Base: reg.RAX, Disp: (4*half+p)*pixel + 4*c}, x(3+4*half+p))
			}
			transpose(x, 3+4*half, 11)
		}
		for i := range 4 {
			weight, value := v(11), v(12)
			build.VBROADCASTSS(operand.Mem{Base: reg.R9, Disp: (c + i) * pixel}, x(11))
			build.VCVTPS2PD(x(11), weight)
			for half, s := range sums {
				build.VCVTPS2PD(x(3+4*half+i), value)
				build.VFMADD231PD(value, weight, s)
			}
		}
	}
	build.ADDQ(reg.R11, reg.RAX)
	build.ADDQ(operand.U32(channels*pixel), reg.R9)
	build.DECQ(reg.RBX)
	build.JNZ(label("plane"))
	build.VBROADCASTSS(field(a, logitsBias), bias)
	for half, s := range sums {
		low := s.AsX().(reg.VecPhysical)
		build.VCVTPD2PSY(s, low)
		build.VADDPS(bias, low, low)
		build.VMOVUPS(low, operand.Mem{Base: to, Disp: 16 * half})
	}
	build.ADDQ(operand.U32(logitPixels*pixel), from)
	build.ADDQ(operand.U32(logitPixels*4), to)
	build.DECQ(reg.RCX)
	build.JNZ(label("group"))
	end()
	f.declare(name, "logitArgs")
}

// transpose exchanges rows and columns of the 4×4 numbers in registers from `first` on, with four spare registers.
func transpose(x func(int) reg.VecPhysical, first, spare int) {
	for i, unpack := range []func(...operand.Op){build.VUNPCKLPS, build.VUNPCKHPS} {
		unpack(x(first+1), x(first), x(spare+i))
		unpack(x(first+3), x(first+2), x(spare+2+i))
	}
	for i := range 2 {
		build.VUNPCKLPD(x(spare+2+i), x(spare+i), x(first+2*i))
		build.VUNPCKHPD(x(spare+2+i), x(spare+i), x(first+2*i+1))
	}
}
