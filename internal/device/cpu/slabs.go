package cpu

import (
	"runtime"
	"sync/atomic"
)

// slabs are those of all samples of a wave, so that several workers can share a sample.
type slabs struct{ units []slab }

// A slab is a part of the rows of a sample.
type slab struct {
	sample int
	turns  []turn
	busy   atomic.Bool // a worker is at it
	next   int         // of its turns; belongs to that worker
	ended  atomic.Bool
	done   []atomic.Int32 // pieces of each task
	beside []slab         // all slabs of the sample
}

func newSlabs(tasks []task, orders [][]turn) *slabs {
	s := &slabs{make([]slab, tasks[0].samples*len(orders))}
	for i := range s.units {
		sample := i / len(orders)
		u := &s.units[i]
		u.sample, u.turns, u.done = sample, orders[i%len(orders)], make([]atomic.Int32, len(tasks))
		u.beside = s.units[sample*len(orders):][:len(orders)]
	}
	return s
}

// begin makes all slabs as before their first turn.
func (s *slabs) begin() {
	for i := range s.units {
		u := &s.units[i]
		u.next = 0
		u.ended.Store(false)
		for t := range u.done {
			u.done[t].Store(0)
		}
	}
}

// work takes turns until all slabs have ended, and calls do for each. A worker leaves a slab whose next turn must wait
// for another one.
func (s *slabs) work(worker, workers int, do func(worker, sample int, now *turn)) {
	ended, idle := 0, 0 // slabs in a row, until the present one
	for at := worker * len(s.units) / workers; ended < len(s.units); at = (at + 1) % len(s.units) {
		u := &s.units[at]
		if u.ended.Load() {
			ended++
			continue
		}
		ended = 0
		if idle++; idle > len(s.units) {
			runtime.Gosched()
			idle = 0
		}
		if !u.busy.CompareAndSwap(false, true) {
			continue
		}
		for u.ready() {
			now := &u.turns[u.next]
			do(worker, u.sample, now)
			u.next++
			u.done[now.task].Add(1)
			idle = 0
		}
		if u.next == len(u.turns) {
			u.ended.Store(true)
		}
		u.busy.Store(false)
	}
}

// ready reports whether there is a next turn that has nothing to wait for.
func (u *slab) ready() bool {
	if u.next == len(u.turns) {
		return false
	}
	for _, w := range u.turns[u.next].waits {
		if int(u.beside[w.slab].done[w.task].Load()) < w.pieces {
			return false
		}
	}
	return true
}
