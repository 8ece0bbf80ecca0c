package cpu

import "time"

// A step is the work of a run between two points at which all workers synchronize: one task, or several tasks sample
// by sample.
type step struct {
	tasks  []task
	pieces int
	do     func(worker, piece int)
	needed func() bool
}

func newStep(tasks ...task) step {
	if len(tasks) == 1 {
		t := tasks[0]
		return step{tasks, t.pieces, t.do, t.needed}
	}
	return step{tasks: tasks, pieces: tasks[0].samples, do: func(worker, sample int) {
		for i := range tasks {
			tasks[i].sample(worker, sample)
		}
	}}
}

// sample runs the pieces of one sample.
func (t *task) sample(worker, sample int) {
	each := t.pieces / t.samples
	for piece := sample * each; piece < (sample+1)*each; piece++ {
		t.do(worker, piece)
	}
}

func (s *step) run(p *pool) {
	if s.needed == nil || s.needed() {
		p.run(s.pieces, s.do)
	}
}

// profile is run with timing; it calls spent with the time of each task's call.
func (s *step) profile(p *pool, spent func(call int, seconds float64)) {
	start := time.Now()
	if len(s.tasks) == 1 {
		s.run(p)
		spent(s.tasks[0].call, time.Since(start).Seconds())
		return
	}
	busy := make([][]time.Duration, p.workers)
	for w := range busy {
		busy[w] = make([]time.Duration, len(s.tasks))
	}
	p.run(s.pieces, func(worker, sample int) {
		before := time.Now()
		for i := range s.tasks {
			s.tasks[i].sample(worker, sample)
			now := time.Now()
			busy[worker][i] += now.Sub(before)
			before = now
		}
	})
	wall := time.Since(start).Seconds()
	total := time.Duration(0)
	share := make([]time.Duration, len(s.tasks))
	for _, times := range busy {
		for i, t := range times {
			share[i] += t
			total += t
		}
	}
	for i, t := range s.tasks {
		spent(t.call, wall*float64(share[i])/float64(total))
	}
}
