package cpu

import "slices"

// waveBytes bounds the memory that the pieces of a wave's tasks touch, a piece of each, so that a task finds the rows
// that tasks before it have just written in a near cache. The bound was the best of a few, on a busy machine.
const waveBytes = 3 << 20

// canWave reports whether tasks, of one number of samples, can be computed as a wave: all of them in rows, which fit
// into a cache.
func canWave(tasks []task) bool {
	if slices.ContainsFunc(tasks, func(t task) bool { return t.span == nil }) {
		return false
	}
	return mapBytes(tasks, func(t *task, r region) uintptr {
		rows := 0
		for piece := range t.each() {
			first, end := t.span(piece)
			rows = max(rows, end-first)
		}
		return r.size * uintptr(rows) / uintptr(t.height)
	}) <= waveBytes
}

// slabsFor returns into how many slabs of rows a sample is divided, so that all workers have as much to do.
func slabsFor(samples, workers int) int {
	slabs := 1
	for samples*slabs < 4*workers && samples*slabs%workers != 0 {
		slabs++
	}
	return slabs
}

// A turn is a piece of a sample of one task of a wave.
type turn struct {
	task, piece int
	waits       []wait
}

// A wait is for the first pieces of a task in another slab of the same sample.
type wait struct{ slab, task, pieces int }

// wave returns an order of the pieces of a sample in which maps that are larger than a cache pass through several
// tasks while their rows are in it: always the next piece of the last task whose inputs are complete. Each slab of the
// sample has its own order, from its top down or, every second one, from its bottom up, so that neighbours need each
// other's rows at the same time. A turn says what it waits for in other slabs. Slabs may be computed at the same
// time, or by any number of workers in turn: there is always one whose next turn has nothing to wait for.
func wave(tasks []task, slabs int) [][]turn {
	w := newPlan(tasks, slabs)
	order := make([][]turn, slabs)
	for moved := true; moved; {
		moved = false
		for s := range slabs {
			for i := len(tasks) - 1; i >= 0; i-- {
				if t, ok := w.next(s, i); ok {
					order[s], moved = append(order[s], t), true
					break
				}
			}
		}
	}
	return order
}

// A wavePlan is how far the tasks of a wave have come while their order is made.
type wavePlan struct {
	tasks    []task
	pieces   [][][]int // of each slab and task, in their order
	done     [][]int   // how many of them
	reach    [][][]int // how many until a row, of each slab and task, is complete
	waited   [][][]int // the pieces of a slab and a task for which a slab has waited
	relation [][]relation
}

// A relation is what a task needs of one before it.
type relation int

const (
	apart  relation = iota // nothing: they share no memory
	inRows                 // the rows that it reads or overwrites, and those beside them
	whole                  // all of it
)

func newPlan(tasks []task, slabs int) *wavePlan {
	w := &wavePlan{tasks: tasks}
	for s := range slabs {
		pieces, reach := make([][]int, len(tasks)), make([][]int, len(tasks))
		for i := range tasks {
			pieces[i], reach[i] = tasks[i].slab(s, slabs)
		}
		w.pieces, w.reach = append(w.pieces, pieces), append(w.reach, reach)
		w.done = append(w.done, make([]int, len(tasks)))
		waited := make([][]int, slabs)
		for other := range waited {
			waited[other] = make([]int, len(tasks))
		}
		w.waited = append(w.waited, waited)
	}
	for i := range tasks {
		var after []relation
		for before := range i {
			after = append(after, tasks[i].relation(&tasks[before]))
		}
		w.relation = append(w.relation, after)
	}
	return w
}

// slab returns the pieces of a sample that belong to a slab, in its order, and after how many of them each row of the
// map is complete as far as the slab computes it.
func (t *task) slab(s, slabs int) (pieces, reach []int) {
	for piece := range t.each() {
		first, end := t.span(piece)
		if (first+end)*slabs/(2*t.height) == s { // its middle
			pieces = append(pieces, piece)
		}
	}
	slices.SortStableFunc(pieces, func(a, b int) int {
		topA, endA := t.span(a)
		topB, endB := t.span(b)
		if s%2 == 1 {
			return topB - topA
		}
		return endA - endB
	})
	reach = make([]int, t.height)
	for i, piece := range pieces {
		first, end := t.span(piece)
		for row := first; row < end; row++ {
			reach[row] = i + 1
		}
	}
	return pieces, reach
}

// next takes the next piece of a task in a slab, if there is one and the tasks before it have written all that it
// reads, and have done with all that it overwrites.
func (w *wavePlan) next(s, i int) (now turn, ok bool) {
	at := w.done[s][i]
	if at == len(w.pieces[s][i]) {
		return turn{}, false
	}
	now = turn{task: i, piece: w.pieces[s][i][at]}
	first, end := w.tasks[i].span(now.piece)
	for before, r := range w.relation[i] {
		if r == apart {
			continue
		}
		for other := range w.pieces {
			needed := len(w.pieces[other][before])
			if r == inRows {
				needed = w.needs(other, before, first, end, w.tasks[i].height)
			}
			if w.done[other][before] < needed {
				return turn{}, false
			}
			if other != s && needed > w.waited[s][other][before] {
				now.waits = append(now.waits, wait{other, before, needed})
			}
		}
	}
	for _, x := range now.waits {
		w.waited[s][x.slab][x.task] = x.pieces
	}
	w.done[s][i]++
	return now, true
}

// needs returns how many pieces of a task in a slab must be done before a task of another height may compute its rows
// from first to end. A row of a map is read for those beside it and, if the map has half the height, for those beside
// two; a border is written with the rows next to it. So these are two rows more on either side.
func (w *wavePlan) needs(s, before, first, end, height int) int {
	of := w.tasks[before].height
	top := (max(0, first-2)*of)/height - 2
	bottom := ((end+2)*of+height-1)/height + 2
	needed := 0
	for _, pieces := range w.reach[s][before][max(0, top):min(of, bottom)] {
		needed = max(needed, pieces)
	}
	return needed
}

// relation returns what t needs of a task before it.
func (t *task) relation(before *task) relation {
	r := apart
	for _, c := range [][2][]region{
		{before.writes, t.reads}, {before.writes, t.writes}, {before.reads, t.writes},
	} {
		for _, a := range c[0] {
			for _, b := range c[1] {
				switch {
				case !a.overlaps(b):
				case a.alignsRows(b):
					r = max(r, inRows)
				default:
					r = whole
				}
			}
		}
	}
	return r
}
