package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A pool is a fixed team of workers that share the pieces of one task after another. Worker 0 is the caller of run.
// Between tasks the others spin for a bounded time, because the next task mostly comes within microseconds and waking
// a parked goroutine costs tens of them; then they park, so that an idle device costs nothing.
//
// Each worker begins with a range of pieces of its own, the same part of every task, because its cache probably holds
// what it wrote there in the previous task; then it helps the others. Which worker computes a piece is left to
// chance; results must not depend on it.
type pool struct {
	workers int
	wait    sync.WaitGroup

	pieces int
	do     func(worker, piece int) // of the present task
	ranges []share                 // one for each worker
	done   atomic.Int64            // pieces of the task that are finished
	tasks  atomic.Int64            // tasks started
	closed atomic.Bool

	sleeping atomic.Int64  // workers that parked or are about to
	wake     chan struct{} // one token for each worker removed from sleeping
	waiting  atomic.Bool   // worker 0 parked or is about to, until the last piece is finished
	finished chan struct{}
}

// A share is the range of pieces with which a worker begins.
type share struct {
	left atomic.Int64 // pieces not taken yet; negative after workers asked in vain
	end  int
	_    [112]byte // padding to the next pair of cache lines, against false sharing
}

// patience bounds the busy waiting. It is longer than most pieces, so that nobody parks within a run: waking takes as
// long as a small task.
const patience = 2 * time.Millisecond

func newPool(workers int) *pool {
	p := &pool{
		workers: workers, ranges: make([]share, workers),
		wake: make(chan struct{}, workers), finished: make(chan struct{}, 1),
	}
	for w := 1; w < workers; w++ {
		p.wait.Go(func() { p.work(w) })
	}
	return p
}

// run calls do for all pieces, in any order and at the same time, and returns when they are finished. It allocates
// nothing.
func (p *pool) run(pieces int, do func(worker, piece int)) {
	if pieces <= 1 || p.workers == 1 {
		for i := range pieces {
			do(0, i)
		}
		return
	}
	p.pieces, p.do = pieces, do
	p.done.Store(0)
	for w := range p.ranges {
		p.ranges[w].end = (w + 1) * pieces / p.workers
	}
	for w := range p.ranges {
		p.ranges[w].left.Store(int64((w+1)*pieces/p.workers - w*pieces/p.workers))
	}
	p.tasks.Add(1)
	p.wakeAll()
	p.take(0)
	if spin(func() bool { return p.done.Load() == int64(pieces) }) {
		return
	}
	p.waiting.Store(true)
	if p.done.Load() == int64(pieces) && p.waiting.CompareAndSwap(true, false) {
		return
	}
	<-p.finished
}

// take computes pieces until none is left. A ticket that is not negative belongs to the present task, which cannot
// end before that piece is done; so the task may be read only after drawing the ticket.
func (p *pool) take(worker int) {
	for i := range p.workers {
		r := &p.ranges[(worker+i)%p.workers]
		// Looking before drawing keeps many workers from contending for the counters when nothing is left. A worker
		// that sees an outdated counter misses pieces that another worker takes: at the latest the caller of run, who
		// has set the counters itself.
		for r.left.Load() > 0 {
			ticket := r.left.Add(-1)
			if ticket < 0 {
				break
			}
			pieces := int64(p.pieces)
			p.do(worker, r.end-1-int(ticket))
			if p.done.Add(1) == pieces && p.waiting.CompareAndSwap(true, false) {
				p.finished <- struct{}{}
			}
		}
	}
}

func (p *pool) work(worker int) {
	for !p.closed.Load() {
		seen := p.tasks.Load()
		p.take(worker)
		if spin(func() bool { return p.tasks.Load() != seen || p.closed.Load() }) {
			continue
		}
		p.sleeping.Add(1)
		if (p.tasks.Load() != seen || p.closed.Load()) && p.stayAwake() {
			continue
		}
		<-p.wake
	}
}

// spin waits busily until ready returns true, for a bounded time, and reports whether it did. It yields to other
// goroutines.
func spin(ready func() bool) bool {
	for begin := time.Now(); time.Since(begin) < patience; runtime.Gosched() {
		for range 256 {
			if ready() {
				return true
			}
		}
	}
	return false
}

// stayAwake withdraws one sleeper; false means that a token for it is on the way.
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

// close stops the workers and waits for them.
func (p *pool) close() {
	p.closed.Store(true)
	p.wakeAll()
	p.wait.Wait()
}
