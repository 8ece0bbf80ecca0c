package cpu

import "unsafe"

const (
	// line is a cache line, and a vector of layout.Lanes floats, in floats.
	line = 16
	// hugePage is the size of a large page in bytes.
	hugePage = 2 << 20
)

// allocate returns n zeroed floats that begin at a cache line. Large areas ask for large pages: blocked maps are read at
// many far-apart rows at once, which would miss the TLB on small ones.
func allocate(n int) []float32 {
	if n == 0 {
		return nil
	}
	slack := line
	if 4*n >= 2*hugePage {
		slack = hugePage / 4
	}
	raw := make([]float32, n+slack)
	address := uintptr(unsafe.Pointer(&raw[0]))
	skip := (-address & uintptr(4*slack-1)) / 4
	area := raw[skip : int(skip)+n : int(skip)+n]
	if slack > line {
		adviseLargePages(unsafe.Slice((*byte)(unsafe.Pointer(&area[0])), 4*n))
	}
	return area
}

// padded rounds a number of floats up to whole cache lines.
func padded(n int) int { return (n + line - 1) / line * line }
