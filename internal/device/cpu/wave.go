package cpu

import "slices"

// waveBytes bounds the memory that the pieces of a wave's tasks touch, a piece of each, so that a task finds the rows
// that tasks before it have just written in a near cache. The bound was the best of a few, on a busy machine.
const waveBytes = 3 << 20

// A turn is a piece of a sample of one task of a wave.
type turn struct{ task, piece int }

// canWave reports whether tasks, of one number of samples, can be computed as a wave: all of them in rows, which fit
// into a cache.
func canWave(tasks []task, workers int) bool {
	samples := tasks[0].samples
	if samples < 4*workers && samples%workers != 0 { // some workers would wait for others
		return false
	}
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

// wave returns an order of the pieces of a sample in which maps that are larger than a cache pass through several
// tasks while their rows are in it: always the next piece of the last task whose inputs are complete.
func wave(tasks []task) []turn {
	fronts := make([]front, len(tasks))
	total := 0
	for i := range tasks {
		fronts[i] = newFront(tasks, i)
		total += tasks[i].each()
	}
	turns := make([]turn, 0, total)
	for len(turns) < total {
		for i := len(fronts) - 1; i >= 0; i-- { // the first one with work left is always ready
			if f := &fronts[i]; f.ready(fronts) {
				turns = append(turns, turn{i, f.pieces[f.next].index})
				f.next++
				break
			}
		}
	}
	return turns
}

// A front is how far a task of a wave has come.
type front struct {
	height int
	pieces []rowsOf // by their ends
	next   int      // of pieces
	// complete is the number of rows, from the top, to which no piece remains after so many pieces.
	complete []int
	after    []relation // to each of the tasks before it
}

// rowsOf are the rows that a piece computes.
type rowsOf struct{ index, first, end int }

// A relation is what a task needs of one before it.
type relation int

const (
	apart  relation = iota // nothing: they share no memory
	inRows                 // the rows that it reads or overwrites, and those beside them
	whole                  // all of it
)

func newFront(tasks []task, i int) front {
	t := &tasks[i]
	f := front{height: t.height}
	for piece := range t.each() {
		first, end := t.span(piece)
		f.pieces = append(f.pieces, rowsOf{piece, first, end})
	}
	slices.SortStableFunc(f.pieces, func(a, b rowsOf) int { return a.end - b.end })
	f.complete = make([]int, len(f.pieces)+1)
	f.complete[len(f.pieces)] = t.height
	for k := len(f.pieces) - 1; k >= 0; k-- {
		f.complete[k] = min(f.complete[k+1], f.pieces[k].first)
	}
	for before := range i {
		f.after = append(f.after, t.relation(&tasks[before]))
	}
	return f
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

// ready reports whether the next piece can run: the tasks before it wrote all that it reads, and have done with all
// that it overwrites.
func (f *front) ready(fronts []front) bool {
	if f.next == len(f.pieces) {
		return false
	}
	for i, r := range f.after {
		before := &fronts[i]
		needed := 0
		switch r {
		case whole:
			needed = before.height
		case inRows:
			needed = before.rowsFor(f.pieces[f.next].end, f.height)
		}
		if before.complete[before.next] < needed {
			return false
		}
	}
	return true
}

// rowsFor returns the rows of f's task that must be complete before a task of another height may go on to its row
// `end`. A row of a map is read for those beside it and, if the map has half the height, for those beside two; a border
// is written with the rows next to it. So these are two rows more on either side.
func (f *front) rowsFor(end, height int) int {
	return min(f.height, ((end+2)*f.height+height-1)/height+2)
}
