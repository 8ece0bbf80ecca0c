package cpu

import "time"

// A step is the work of a run between two points at which all workers synchronize: one task, or several tasks sample
// by sample.
type step struct {
	tasks  []task
	pieces int
	do     func(worker, piece int)
	needed func() bool
	wave   *slabs // the order of the pieces of each sample, if it is not task by task
}

func newStep(tasks ...task) step {
	if len(tasks) == 1 {
		t := tasks[0]
		return step{tasks: tasks, pieces: t.pieces, do: t.do, needed: t.needed}
	}
	return step{tasks: tasks, pieces: tasks[0].samples, do: func(worker, sample int) {
		for i := range tasks {
			tasks[i].sample(worker, sample)
		}
	}}
}

// newWave returns the step of several tasks whose pieces of a sample alternate.
func newWave(tasks []task, workers int) step {
	w := newSlabs(tasks, wave(tasks, slabsFor(tasks[0].samples, workers)))
	do := func(worker, sample int, now *turn) { tasks[now.task].turn(worker, sample, now.piece) }
	return step{tasks: tasks, pieces: workers, wave: w, do: func(worker, _ int) { w.work(worker, workers, do) }}
}

// turn runs one piece of a sample.
func (t *task) turn(worker, sample, piece int) { t.do(worker, sample*t.each()+piece) }

// each returns the number of pieces of a sample.
func (t *task) each() int { return t.pieces / t.samples }

// sample runs the pieces of one sample.
func (t *task) sample(worker, sample int) {
	for piece := range t.each() {
		t.turn(worker, sample, piece)
	}
}

func (s *step) run(p *pool) {
	if s.wave != nil {
		s.wave.begin()
	}
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
	timed := func(worker, task int, do func()) {
		before := time.Now()
		do()
		busy[worker][task] += time.Since(before)
	}
	if s.wave != nil {
		s.wave.begin()
		p.run(s.pieces, func(worker, _ int) {
			s.wave.work(worker, p.workers, func(worker, sample int, now *turn) {
				timed(worker, now.task, func() { s.tasks[now.task].turn(worker, sample, now.piece) })
			})
		})
	} else {
		p.run(s.pieces, func(worker, sample int) {
			for i := range s.tasks {
				timed(worker, i, func() { s.tasks[i].sample(worker, sample) })
			}
		})
	}
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
