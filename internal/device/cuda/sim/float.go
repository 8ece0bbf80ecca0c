package sim

import "math"

// A register holds a float32 in its low 32 bits.

func float(v uint64) float32 { return math.Float32frombits(uint32(v)) }
func word(v float32) uint64  { return uint64(math.Float32bits(v)) }

func unaryFloat(name string) func(float32) float32 {
	switch name {
	case "neg":
		return func(a float32) float32 { return -a }
	case "abs":
		return func(a float32) float32 { return float32(math.Abs(float64(a))) }
	case "sqrt":
		return func(a float32) float32 { return float32(math.Sqrt(float64(a))) }
	case "rcp":
		return func(a float32) float32 { return float32(1 / float64(a)) }
	case "ex2":
		return func(a float32) float32 { return float32(math.Exp2(float64(a))) }
	case "lg2":
		return func(a float32) float32 { return float32(math.Log2(float64(a))) }
	}
	return nil
}

func binaryFloat(name string) func(a, b float32) float32 {
	switch name {
	case "add":
		return func(a, b float32) float32 { return a + b }
	case "sub":
		return func(a, b float32) float32 { return a - b }
	case "mul", "mul.rn":
		return func(a, b float32) float32 { return a * b }
	case "div":
		return func(a, b float32) float32 { return a / b }
	case "min": // of PTX: if one operand is NaN, the other is the result
		return func(a, b float32) float32 {
			if a < b || b != b {
				return a
			}
			return b
		}
	case "max":
		return func(a, b float32) float32 {
			if a > b || b != b {
				return a
			}
			return b
		}
	}
	return nil
}

// compareFloats returns the comparison for an ordered relation or, with a u at the end, for one that also holds if an
// operand is NaN.
func compareFloats(relation string) func(a, b uint64) bool {
	switch relation {
	case "eq":
		return func(a, b uint64) bool { return float(a) == float(b) }
	case "ne":
		return func(a, b uint64) bool { return float(a) < float(b) || float(a) > float(b) }
	case "lt":
		return func(a, b uint64) bool { return float(a) < float(b) }
	case "le":
		return func(a, b uint64) bool { return float(a) <= float(b) }
	case "gt":
		return func(a, b uint64) bool { return float(a) > float(b) }
	case "ge":
		return func(a, b uint64) bool { return float(a) >= float(b) }
	case "equ":
		return func(a, b uint64) bool { return !(float(a) < float(b) || float(a) > float(b)) }
	case "neu":
		return func(a, b uint64) bool { return float(a) != float(b) }
	case "ltu":
		return func(a, b uint64) bool { return !(float(a) >= float(b)) }
	case "leu":
		return func(a, b uint64) bool { return !(float(a) > float(b)) }
	case "gtu":
		return func(a, b uint64) bool { return !(float(a) <= float(b)) }
	case "geu":
		return func(a, b uint64) bool { return !(float(a) < float(b)) }
	case "num":
		return func(a, b uint64) bool { return float(a) == float(a) && float(b) == float(b) }
	case "nan":
		return func(a, b uint64) bool { return float(a) != float(a) || float(b) != float(b) }
	}
	return nil
}
