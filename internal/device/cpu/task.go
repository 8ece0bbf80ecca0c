package cpu

import "unsafe"

// A task is work in pieces, numbered from 0, that may run in any order and at the same time.
type task struct {
	pieces int
	do     func(worker, piece int)
	// needed reports whether a run must do it at all; nil means always.
	needed func() bool
	// samples is the number of samples by which the pieces are sorted, if each piece only touches one sample;
	// otherwise 0.
	samples int
	// span returns the first row of a map of `height` rows that a piece of a sample computes, and the row behind its
	// last one, if its piece reads only these rows of other maps, in proportion to their heights, and one beside
	// them; otherwise it is nil.
	span   func(piece int) (first, end int)
	height int
	kind   taskKind
	// reads and writes are the memory that the task touches, as far as order matters.
	reads, writes []region
	// call is the index of the plan's call to which the task belongs.
	call int
}

type taskKind int

const (
	// ordered tasks run after all tasks before them, and before all tasks after them.
	ordered taskKind = iota
	// prepare tasks compute numbers that only later tasks of their call read, from the memory that they declare to
	// read.
	prepare
	// reduce tasks add up partial results of pieces, and write the memory that they declare to write.
	reduce
	// perSample tasks have pieces sorted by sample.
	perSample
)

// A region is memory of one sample after another: `samples` times `size` bytes, `stride` bytes apart.
type region struct {
	first                 uintptr
	size, stride, samples uintptr
	// Of a feature map: its rows, and the bytes of one and of a plane; otherwise 0.
	rows       int
	row, plane uintptr
}

// end returns the first byte behind the region.
func (r region) end() uintptr { return r.first + (r.samples-1)*r.stride + r.size }

// flat returns the region of plain memory.
func flat[T float32 | float64](x []T) region {
	if len(x) == 0 {
		return region{samples: 1}
	}
	size := uintptr(len(x)) * unsafe.Sizeof(x[0])
	return region{first: uintptr(unsafe.Pointer(&x[0])), size: size, stride: size, samples: 1}
}

// region returns the memory of a feature map.
func (f features) region() region {
	if f.data == nil {
		return region{samples: 1}
	}
	return region{
		first: uintptr(unsafe.Pointer(&f.data[0])),
		size:  4 * uintptr(f.Planes*f.Plane), stride: 4 * uintptr(f.Sample), samples: uintptr(f.N),
		rows: f.H, row: 4 * uintptr(f.Row), plane: 4 * uintptr(f.Plane),
	}
}

func regions(maps ...features) []region {
	var out []region
	for _, f := range maps {
		if f.data != nil {
			out = append(out, f.region())
		}
	}
	return out
}

// overlaps reports whether the hulls of two regions share a byte.
func (r region) overlaps(o region) bool {
	return r.size > 0 && o.size > 0 && r.first < o.end() && o.first < r.end()
}

// alignsRows reports whether a row of one region only shares memory with the same row of the other.
func (r region) alignsRows(o region) bool {
	return r.rows > 0 && r.rows == o.rows && r.row == o.row && r.plane == o.plane && r.stride == o.stride &&
		(max(r.first, o.first)-min(r.first, o.first))%r.plane == 0
}

// mixes reports whether a sample of one region may share memory with another sample of the other.
func (r region) mixes(o region) bool {
	if !r.overlaps(o) {
		return false
	}
	if r.samples != o.samples || r.stride != o.stride {
		return true
	}
	if r.samples == 1 { // of a map, which has no other sample, or plain memory
		return r.rows == 0 || o.rows == 0
	}
	low, high := min(r.first, o.first), max(r.first+r.size, o.first+o.size)
	return high-low > r.stride
}

func anyOverlap(a, b []region, test func(region, region) bool) bool {
	for _, x := range a {
		for _, y := range b {
			if test(x, y) {
				return true
			}
		}
	}
	return false
}
