package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A pool is a fixed team of workers that share the pieces of one task after another. Worker 0 is the caller of run.
// Between tasks the others spin for a bounded time, since the next task mostly comes within microseconds and waking a
// parked goroutine costs tens of them, and then park, so that an idle device costs nothing.
//
// Which worker computes which piece is left to chance; results must not depend on it.
type pool struct {
	workers int
	wait    sync.WaitGroup

	pieces    int64
	do        func(worker, piece int) // the present task's
	remaining atomic.Int64            // pieces that nobody has taken; below zero when workers asked in vain
	done      atomic.Int64            // pieces of the task that are finished
	closed    atomic.Bool

	sleeping atomic.Int64  // workers that parked or are about to
	wake     chan struct{} // one token for each worker counted out of sleeping
	waiting  atomic.Bool   // worker 0 parked or is about to, until the last piece is finished
	finished chan struct{}
}

// spins bounds the busy waiting between tasks: about 50 microseconds.
const spins = 1 << 12

func newPool(workers int) *pool {
	p := &pool{workers: workers, wake: make(chan struct{}, workers), finished: make(chan struct{}, 1)}
	for w := 1; w < workers; w++ {
		p.wait.Go(func() { p.work(w) })
	}
	return p
}

// run calls do for all pieces, in any order and at the same time, and returns when they are finished. It allocates nothing.
func (p *pool) run(pieces int, do func(worker, piece int)) {
	if pieces <= 1 || p.workers == 1 {
		for i := range pieces {
			do(0, i)
		}
		return
	}
	p.pieces, p.do = int64(pieces), do
	p.done.Store(0)
	p.remaining.Store(int64(pieces))
	p.wakeAll()
	p.take(0)
	for range spins {
		if p.done.Load() == p.pieces {
			return
		}
	}
	p.waiting.Store(true)
	if p.done.Load() == p.pieces && p.waiting.CompareAndSwap(true, false) {
		return
	}
	<-p.finished
}

// take computes pieces until none is left. A ticket that is not negative belongs to the present task, which cannot end
// before that piece is done; so pieces and do are read only after the ticket was drawn.
func (p *pool) take(worker int) {
	for {
		ticket := p.remaining.Add(-1)
		if ticket < 0 {
			return
		}
		pieces := p.pieces
		p.do(worker, int(pieces-1-ticket))
		if p.done.Add(1) == pieces && p.waiting.CompareAndSwap(true, false) {
			p.finished <- struct{}{}
		}
	}
}

func (p *pool) work(worker int) {
	for !p.closed.Load() {
		p.take(worker)
		if p.spin() {
			continue
		}
		p.sleeping.Add(1)
		if (p.remaining.Load() > 0 || p.closed.Load()) && p.stayAwake() {
			continue
		}
		<-p.wake
	}
}

// spin waits for pieces for a bounded time and reports whether there are any.
func (p *pool) spin() bool {
	for i := range spins {
		if p.remaining.Load() > 0 {
			return true
		}
		if i%256 == 255 {
			runtime.Gosched()
		}
	}
	return false
}

// stayAwake takes back one sleeper's place; false means that a token for it is on the way.
func (p *pool) stayAwake() bool {
	for {
		n := p.sleeping.Load()
		if n == 0 {
			return false
		}
		if p.sleeping.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

func (p *pool) wakeAll() {
	if p.sleeping.Load() == 0 {
		return
	}
	for range p.sleeping.Swap(0) {
		p.wake <- struct{}{}
	}
}

// close ends the workers and waits for them.
func (p *pool) close() {
	p.closed.Store(true)
	p.wakeAll()
	p.wait.Wait()
}
