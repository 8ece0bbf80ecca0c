package cpu

import (
	"slices"
	"testing"
)

// waveMemory is memory in which a piece of a task writes a hash of all that it reads.
type waveMemory []uint64

// block is one plane of a map at an address, with a border row above and below.
func block(first uintptr, rows int) region {
	const width = 4
	size := uintptr(rows+2) * width
	return region{first: first, size: size, stride: size, samples: 1, rows: rows, row: width, plane: size}
}

// rowsIn visits the addresses of rows first to above end of a map; −1 and its number of rows are the border.
func rowsIn(r region, first, end int, visit func(at uintptr)) {
	for row := max(first, -1); row < min(end, r.rows+1); row++ {
		for i := range r.row {
			visit(r.first + uintptr(row+1)*r.row + i)
		}
	}
}

// through returns a task from one map to another in pieces of `step` rows, counted in a map of `height` rows, last
// piece first if it is reversed.
func (m waveMemory) through(from, to region, height, step int, reversed bool) task {
	pieces := (height + step - 1) / step
	span := func(piece int) (first, end int) {
		if reversed {
			piece = pieces - 1 - piece
		}
		return piece * step, min((piece+1)*step, height)
	}
	return task{
		pieces: pieces, samples: 1, kind: perSample, span: span, height: height,
		reads: []region{from}, writes: []region{to},
		do: func(_, piece int) {
			first, end := span(piece)
			for h := first; h < end; h++ {
				hash := uint64(14695981039346656037)
				rowsIn(from, h*from.rows/height-1, ((h+1)*from.rows+height-1)/height+1, func(at uintptr) {
					hash = (hash ^ m[at]) * 1099511628211
				})
				top, bottom := h*to.rows/height, (h+1)*to.rows/height
				if top == 0 {
					top = -1
				}
				if bottom == to.rows {
					bottom++
				}
				rowsIn(to, top, bottom, func(at uintptr) { m[at] = hash + uint64(at) })
			}
		},
	}
}

// TestWaveChangesNothing: tasks that halve and double maps and reuse memory leave the same memory as one after another,
// and alternate; they do not where memory is reused in another shape.
func TestWaveChangesNothing(t *testing.T) {
	memory := make(waveMemory, 4000)
	for i := range memory {
		memory[i] = uint64(i * i)
	}
	a, b, c := block(0, 40), block(500, 40), block(1000, 40)
	small, other := block(1500, 20), block(1700, 20)
	for name, tasks := range map[string][]task{
		"a chain": {
			memory.through(a, b, 40, 3, false), memory.through(b, c, 40, 5, false), memory.through(c, a, 40, 1, true),
		},
		"back over the first map": {
			memory.through(a, b, 40, 4, false), memory.through(b, a, 40, 4, true), memory.through(a, b, 40, 7, false),
		},
		"half and double": {
			memory.through(a, b, 40, 4, false), memory.through(b, small, 20, 2, false),
			memory.through(small, other, 20, 3, false), memory.through(other, c, 40, 8, false),
			memory.through(c, b, 40, 2, false),
		},
		"a pooling's gradient, in rows of the small map": {
			memory.through(small, other, 20, 3, false), memory.through(other, b, 20, 2, false),
			memory.through(b, a, 40, 4, false), memory.through(a, small, 20, 4, false),
		},
	} {
		want, start := slices.Clone(memory), slices.Clone(memory)
		for i := range tasks {
			tasks[i].sample(0, 0)
		}
		copy(want, memory)
		copy(memory, start)
		turns, switches := wave(tasks), 0
		for i, now := range turns {
			tasks[now.task].turn(0, 0, now.piece)
			if i > 0 && turns[i-1].task > now.task {
				switches++
			}
		}
		if !slices.Equal(memory, want) {
			t.Errorf("%s: other memory than task by task, in the order %v", name, turns)
		}
		if switches < 3 {
			t.Errorf("%s: tasks do not alternate: %v", name, turns)
		}
		copy(memory, start)
	}
	shifted := []task{
		memory.through(a, b, 40, 4, false), memory.through(b, block(30, 40), 40, 4, false),
	}
	if turns := wave(shifted); slices.IndexFunc(turns, func(x turn) bool { return x.task == 1 }) != 10 {
		t.Errorf("rows that share memory with others do not wait for the whole task: %v", turns)
	}
}
