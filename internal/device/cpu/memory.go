package cpu

import (
	"unsafe"
	"weak"
)

const (
	// line is the size in floats of a cache line and of a vector of layout.Lanes floats.
	line = 16
	// hugePage is the size of a large page in bytes.
	hugePage = 2 << 20
)

// allocate returns n zeroed floats aligned to a cache line. For large areas it requests large pages: blocked maps are
// read at many distant rows at once, which would miss the TLB with small pages.
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

// An arena is the memory of plans' tensors. A device runs one program at a time and no value in an arena outlives a
// run, so training, validation and prediction share one.
type arena struct{ floats []float32 }

// arenaOf returns an arena of at least n floats: the device's largest if that suffices, else a new one, which later
// programs share. It is an error if the machine lacks the memory.
func (d *Device) arenaOf(n int) (*arena, error) {
	if a := d.arena.Value(); a != nil && len(a.floats) >= n {
		return a, nil
	}
	if err := d.Room(4 * int64(n)); err != nil {
		return nil, err
	}
	a := &arena{allocate(n)}
	d.arena = weak.Make(a)
	return a, nil
}

// padded rounds a number of floats up to whole cache lines.
func padded(n int) int { return (n + line - 1) / line * line }
