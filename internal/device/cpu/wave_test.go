package cpu

import (
	"math/rand/v2"
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

// waves are the tasks of some waves over maps in memory.
func (m waveMemory) waves() map[string][]task {
	a, b, c := block(0, 40), block(500, 40), block(1000, 40)
	small, other := block(1500, 20), block(1700, 20)
	return map[string][]task{
		"a chain": {
			m.through(a, b, 40, 3, false), m.through(b, c, 40, 5, false), m.through(c, a, 40, 1, true),
		},
		"back over the first map": {
			m.through(a, b, 40, 4, false), m.through(b, a, 40, 4, true), m.through(a, b, 40, 7, false),
		},
		"half and double": {
			m.through(a, b, 40, 4, false), m.through(b, small, 20, 2, false),
			m.through(small, other, 20, 3, false), m.through(other, c, 40, 8, false),
			m.through(c, b, 40, 2, false),
		},
		"a pooling's gradient, in rows of the small map": {
			m.through(small, other, 20, 3, false), m.through(other, b, 20, 2, false),
			m.through(b, a, 40, 4, false), m.through(a, small, 20, 4, false),
		},
		"rows that share memory with others": {
			m.through(a, b, 40, 4, false), m.through(b, block(30, 40), 40, 4, false),
		},
	}
}

// newWaveMemory is memory with numbers in it.
func newWaveMemory() waveMemory {
	m := make(waveMemory, 4000)
	for i := range m {
		m[i] = uint64(i * i)
	}
	return m
}

// TestWaveChangesNothing: tasks that halve and double maps and reuse memory leave the same memory as one after another,
// in whatever order workers come to the slabs of a sample.
func TestWaveChangesNothing(t *testing.T) {
	memory := newWaveMemory()
	start := slices.Clone(memory)
	random := rand.New(rand.NewPCG(1, 2))
	for name, tasks := range memory.waves() {
		for i := range tasks {
			tasks[i].sample(0, 0)
		}
		want := slices.Clone(memory)
		for _, slabs := range []int{1, 2, 3, 5, 50} {
			for try := range 40 {
				copy(memory, start)
				w := newSlabs(tasks, wave(tasks, slabs))
				for left := slabs; left > 0; {
					ready := slices.DeleteFunc(indices(slabs), func(i int) bool { return !w.units[i].ready() })
					if len(ready) == 0 {
						left = len(slices.DeleteFunc(indices(slabs), func(i int) bool {
							return w.units[i].next == len(w.units[i].turns)
						}))
						if left > 0 {
							t.Fatalf("%s: %d of %d slabs wait for ever", name, left, slabs)
						}
						break
					}
					i := ready[random.IntN(len(ready))]
					switch try {
					case 0:
						i = ready[0]
					case 1:
						i = ready[len(ready)-1]
					}
					u := &w.units[i]
					now := u.turns[u.next]
					tasks[now.task].turn(0, 0, now.piece)
					u.next++
					u.done[now.task].Add(1)
				}
				if !slices.Equal(memory, want) {
					t.Fatalf("%s, %d slabs: other memory than task by task", name, slabs)
				}
			}
		}
		copy(memory, start)
	}
}

// indices are the numbers from 0 to below n.
func indices(n int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = i
	}
	return x
}

// TestTasksOfAWaveAlternate, within each slab; they do not where memory is reused in another shape.
func TestTasksOfAWaveAlternate(t *testing.T) {
	for name, tasks := range newWaveMemory().waves() {
		for slabs := 1; slabs <= 2; slabs++ {
			for s, turns := range wave(tasks, slabs) {
				switches := 0
				for i := range turns {
					if i > 0 && turns[i-1].task > turns[i].task {
						switches++
					}
				}
				if name == "rows that share memory with others" {
					at := slices.IndexFunc(turns, func(x turn) bool { return x.task == 1 })
					if at != 10/slabs || slabs > 1 && turns[at].waits[0] != (wait{1 - s, 0, 5}) {
						t.Errorf("%s do not wait for the whole task: %v", name, turns)
					}
				} else if switches < 3/slabs {
					t.Errorf("%s, %d slabs: tasks do not alternate: %v", name, slabs, turns)
				}
			}
		}
	}
}

// TestSlabsOfAWaveByManyWorkers lets a pool compute waves; the race detector sees what runs at the same time.
func TestSlabsOfAWaveByManyWorkers(t *testing.T) {
	memory := newWaveMemory()
	start := slices.Clone(memory)
	for _, workers := range []int{1, 2, 3, 8} {
		p := newPool(workers)
		for name, tasks := range memory.waves() {
			copy(memory, start)
			for i := range tasks {
				tasks[i].sample(0, 0)
			}
			want := slices.Clone(memory)
			s := newWave(tasks, workers)
			if slabs := len(s.wave.units); slabs != workers {
				t.Errorf("%d slabs of a sample for %d workers", slabs, workers)
			}
			for range 20 {
				copy(memory, start)
				s.run(p)
				if !slices.Equal(memory, want) {
					t.Fatalf("%s, %d workers: other memory than task by task", name, workers)
				}
			}
		}
		p.close()
	}
}

func TestSlabsGiveAllWorkersAsMuch(t *testing.T) {
	for _, c := range []struct{ samples, workers, want int }{
		{1, 1, 1}, {1, 2, 2}, {3, 2, 2}, {4, 2, 1}, {7, 2, 2}, {9, 2, 1}, {4, 16, 4}, {3, 4, 4}, {5, 3, 3}, {32, 8, 1},
	} {
		if got := slabsFor(c.samples, c.workers); got != c.want {
			t.Errorf("%d samples for %d workers: %d slabs, want %d", c.samples, c.workers, got, c.want)
		}
	}
}
