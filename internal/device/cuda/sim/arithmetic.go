package sim

import (
	"math"
	"math/bits"
)

// signed interprets the low bits of v as a two's-complement number.
func signed(v uint64, bits int) int64 { return int64(v<<(64-bits)) >> (64 - bits) }

// A row is one register of all lanes.
type row = [lanes]uint64

func (g *group) row(slot int) *row { return (*row)(g.registers[slot:]) }

// frequent compiles the instructions that take most of the time, with a loop of their own for groups in which all
// lanes are active; it returns nil for the others.
func frequent(mnemonic string, p []int) func(*group, []int) {
	switch mnemonic {
	case "fma.rn.f32": // the product is exact in float64, so that the sum is rounded once, except for some last bits
		return func(g *group, on []int) {
			d, a, b, c := g.row(p[0]), g.row(p[1]), g.row(p[2]), g.row(p[3])
			if len(on) == lanes {
				for l := range lanes {
					d[l] = word(float32(float64(float(a[l]))*float64(float(b[l])) + float64(float(c[l]))))
				}
				return
			}
			for _, l := range on {
				d[l] = word(float32(float64(float(a[l]))*float64(float(b[l])) + float64(float(c[l]))))
			}
		}
	case "add.s32":
		return func(g *group, on []int) {
			d, a, b := g.row(p[0]), g.row(p[1]), g.row(p[2])
			if len(on) == lanes {
				for l := range lanes {
					d[l] = uint64(uint32(a[l] + b[l]))
				}
				return
			}
			for _, l := range on {
				d[l] = uint64(uint32(a[l] + b[l]))
			}
		}
	case "mul.wide.s32":
		return func(g *group, on []int) {
			d, a, b := g.row(p[0]), g.row(p[1]), g.row(p[2])
			for _, l := range on {
				d[l] = uint64(int64(int32(a[l])) * int64(int32(b[l])))
			}
		}
	case "cvt.s64.s32":
		return func(g *group, on []int) {
			d, a := g.row(p[0]), g.row(p[1])
			for _, l := range on {
				d[l] = uint64(int64(int32(a[l])))
			}
		}
	case "setp.lt.s32":
		return func(g *group, on []int) {
			d, a, b := g.row(p[0]), g.row(p[1]), g.row(p[2])
			for _, l := range on {
				d[l] = 0
				if int32(a[l]) < int32(b[l]) {
					d[l] = 1
				}
			}
		}
	case "add.s64":
		return func(g *group, on []int) {
			d, a, b := g.row(p[0]), g.row(p[1]), g.row(p[2])
			if len(on) == lanes {
				for l := range lanes {
					d[l] = a[l] + b[l]
				}
				return
			}
			for _, l := range on {
				d[l] = a[l] + b[l]
			}
		}
	case "mov.f32", "mov.u32", "mov.u64", "mov.b32", "mov.b64", "mov.pred", "cvta.to.global.u64":
		return func(g *group, on []int) {
			d, a := g.row(p[0]), g.row(p[1])
			if len(on) == lanes {
				*d = *a
				return
			}
			for _, l := range on {
				d[l] = a[l]
			}
		}
	}
	return nil
}

func unary(name, kind string) func(uint64) uint64 {
	if kind == "f32" {
		f := unaryFloat(name)
		if f == nil {
			return nil
		}
		return func(a uint64) uint64 { return word(f(float(a))) }
	}
	n := width(kind)
	switch name {
	case "mov":
		return func(a uint64) uint64 { return a }
	case "neg":
		return func(a uint64) uint64 { return truncate(-a, n) }
	case "not":
		return func(a uint64) uint64 { return truncate(^a, n) }
	case "abs":
		return func(a uint64) uint64 {
			if signed(a, n) < 0 {
				return truncate(-a, n)
			}
			return a
		}
	case "clz":
		return func(a uint64) uint64 { return uint64(bits.LeadingZeros64(a) - (64 - n)) }
	case "popc":
		return func(a uint64) uint64 { return uint64(bits.OnesCount64(a)) }
	}
	return nil
}

func binary(name, kind string) func(a, b uint64) uint64 {
	if kind == "f32" {
		f := binaryFloat(name)
		if f == nil {
			return nil
		}
		return func(a, b uint64) uint64 { return word(f(float(a), float(b))) }
	}
	n, isSigned := width(kind), kind[0] == 's'
	less := comparison("lt", kind)
	switch name {
	case "add":
		return func(a, b uint64) uint64 { return truncate(a+b, n) }
	case "sub":
		return func(a, b uint64) uint64 { return truncate(a-b, n) }
	case "mul.lo":
		return func(a, b uint64) uint64 { return truncate(a*b, n) }
	case "mul.wide":
		if isSigned {
			return func(a, b uint64) uint64 { return truncate(uint64(signed(a, n)*signed(b, n)), 2*n) }
		}
		return func(a, b uint64) uint64 { return a * b }
	case "mul.hi":
		if n > 32 {
			return nil
		}
		if isSigned {
			return func(a, b uint64) uint64 { return truncate(uint64(signed(a, n)*signed(b, n)>>n), n) }
		}
		return func(a, b uint64) uint64 { return a * b >> n }
	case "div", "rem":
		return division(name == "rem", n, isSigned)
	case "min", "max":
		return func(a, b uint64) uint64 {
			if less(a, b) == (name == "min") {
				return a
			}
			return b
		}
	case "and":
		return func(a, b uint64) uint64 { return a & b }
	case "or":
		return func(a, b uint64) uint64 { return a | b }
	case "xor":
		return func(a, b uint64) uint64 { return a ^ b }
	case "shl":
		return func(a, b uint64) uint64 { return truncate(a<<uint32(b), n) }
	case "shr":
		if isSigned {
			return func(a, b uint64) uint64 { return truncate(uint64(signed(a, n)>>uint32(b)), n) }
		}
		return func(a, b uint64) uint64 { return a >> uint32(b) }
	}
	return nil
}

// division returns all ones for a division by zero, as the hardware does.
func division(remainder bool, n int, isSigned bool) func(a, b uint64) uint64 {
	return func(a, b uint64) uint64 {
		if b == 0 {
			return truncate(math.MaxUint64, n)
		}
		switch {
		case isSigned && remainder:
			return truncate(uint64(signed(a, n)%signed(b, n)), n)
		case isSigned:
			return truncate(uint64(signed(a, n)/signed(b, n)), n)
		case remainder:
			return a % b
		}
		return a / b
	}
}

func ternary(name, kind string) func(a, b, c uint64) uint64 {
	n := width(kind)
	switch name {
	case "mad.lo":
		return func(a, b, c uint64) uint64 { return truncate(a*b+c, n) }
	case "mad.wide":
		if kind[0] == 's' {
			return func(a, b, c uint64) uint64 { return truncate(uint64(signed(a, n)*signed(b, n))+c, 2*n) }
		}
		return func(a, b, c uint64) uint64 { return truncate(a*b+c, 2*n) }
	case "bfe":
		if kind[0] == 'u' {
			return func(a, b, c uint64) uint64 { return truncate(a>>uint8(b), int(uint8(c))) }
		}
	}
	return nil
}

func comparison(relation, kind string) func(a, b uint64) bool {
	if kind == "f32" {
		return compareFloats(relation)
	}
	n := width(kind)
	order := func(a, b uint64) int {
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	}
	if kind[0] == 's' {
		order = func(a, b uint64) int {
			x, y := signed(a, n), signed(b, n)
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	}
	switch relation {
	case "eq":
		return func(a, b uint64) bool { return a == b }
	case "ne":
		return func(a, b uint64) bool { return a != b }
	case "lt", "lo":
		return func(a, b uint64) bool { return order(a, b) < 0 }
	case "le", "ls":
		return func(a, b uint64) bool { return order(a, b) <= 0 }
	case "gt", "hi":
		return func(a, b uint64) bool { return order(a, b) > 0 }
	case "ge", "hs":
		return func(a, b uint64) bool { return order(a, b) >= 0 }
	}
	return nil
}

// conversion compiles cvt between integers, from integers to f32, and to tf32.
func conversion(rounding, to, from string) func(uint64) uint64 {
	n, m := width(from), width(to)
	switch {
	case to == "tf32" && from == "f32" && rounding == "rna":
		return func(a uint64) uint64 { return word(roundTF32(float(a))) }
	case to == "f32" && from[0] == 's':
		return func(a uint64) uint64 { return word(float32(signed(a, n))) }
	case to == "f32" && (from[0] == 'u'):
		return func(a uint64) uint64 { return word(float32(a)) }
	case rounding != "" || to[0] == 'f' || from[0] == 'f':
		return nil
	case from[0] == 's':
		return func(a uint64) uint64 { return truncate(uint64(signed(a, n)), m) }
	}
	return func(a uint64) uint64 { return truncate(a, m) }
}
