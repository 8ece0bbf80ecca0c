package engines

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"

	"r2unet/experiments"
)

// Cluster is a model of machines that fail, under the rules by which the engines requeue and retry.
type Cluster struct {
	Workers int // runs at once

	Failure time.Duration // mean time between two failures of a worker, exponential; 0 = it never fails
	Repair  time.Duration // until a failed worker takes a run again
	Requeue time.Duration // until a stopped run may start again
	Save    time.Duration // between two checkpoints; 0 = there are none
	Start   time.Duration // of an attempt, before it computes: the program, its data

	Fault  float64 // probability that an attempt fails by itself, and is tried again at most Retries times
	Spread float64 // standard deviation of the logarithm of true over estimated time
	Seed   uint64
}

// Outcome is what became of the runs of a simulation.
type Outcome struct {
	Makespan time.Duration // until the last run ended
	// Bound is what no order can beat, even without failures: the longest run, or all work shared out evenly.
	Bound    time.Duration
	Attempts int
	Stopped  int           // attempts ended by a failure of their worker
	Lost     time.Duration // work since the last checkpoint of stopped attempts, all together
	MostLost time.Duration // by one of them
	GivenUp  int           // runs that failed for good
}

// LostPerFailure returns the mean work that a failure of a worker destroys.
func (o Outcome) LostPerFailure() time.Duration { return o.Lost / time.Duration(max(1, o.Stopped)) }

// Simulate runs the runs in the order of the list: a free worker takes the first one that may start, and a run that
// was stopped keeps its place. A run's true time depends on the seed and on its index, not on its place in the list.
func Simulate(runs []experiments.AgendaItem, c Cluster) Outcome {
	s := simulation{cluster: c, random: rand.New(rand.NewPCG(c.Seed, 1)), free: c.Workers}
	var longest, all float64
	for place, r := range runs {
		spread := rand.New(rand.NewPCG(c.Seed, 2+uint64(r.Index))).NormFloat64() * c.Spread
		seconds := r.Seconds * math.Exp(spread-c.Spread*c.Spread/2)
		whole := c.Start.Seconds() + seconds
		longest, all = max(longest, whole), all+whole
		s.tasks = append(s.tasks, task{left: seconds})
		heap.Push(&s.ready, event{place: place})
	}
	s.outcome.Bound = inSeconds(max(longest, all/float64(c.Workers)))
	s.run()
	return s.outcome
}

// task is a run in a simulation.
type task struct {
	left   float64 // seconds of work
	faults int
}

// event is something that happens at a time. Of two at one time, that of the earlier run of the list comes first.
type event struct {
	at    float64 // seconds
	place int     // of the run, -1 = a worker is repaired
	freed bool    // the run's worker is free
	ready bool    // the run may start
}

// events are a heap.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].place < e[j].place
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

type simulation struct {
	cluster Cluster
	random  *rand.Rand
	tasks   []task
	ready   events // runs that may start, all at time 0: a heap by place
	coming  events
	free    int // workers
	now     float64
	outcome Outcome
}

// run goes from event to event until nothing is left to happen.
func (s *simulation) run() {
	for {
		for s.free > 0 && s.ready.Len() > 0 {
			s.start(heap.Pop(&s.ready).(event).place)
		}
		if s.coming.Len() == 0 {
			return
		}
		e := heap.Pop(&s.coming).(event)
		s.now = e.at
		if e.freed {
			s.free++
		}
		if e.ready {
			heap.Push(&s.ready, event{place: e.place})
		}
	}
}

// start begins an attempt and says what will become of it: it ends, fails by itself, or its worker fails first.
func (s *simulation) start(place int) {
	t, c := &s.tasks[place], s.cluster
	s.free--
	s.outcome.Attempts++
	failure := math.Inf(1)
	if c.Failure > 0 {
		failure = s.random.ExpFloat64() * c.Failure.Seconds()
	}
	work, fault := t.left, s.random.Float64() < c.Fault
	if fault {
		work *= s.random.Float64()
	}
	took := c.Start.Seconds() + work
	switch {
	case failure < took:
		s.stop(place, failure)
	case fault && t.faults < Retries:
		t.faults++
		t.left -= work
		s.again(place, took, took)
	default:
		if fault {
			s.outcome.GivenUp++
		}
		s.outcome.Makespan = max(s.outcome.Makespan, inSeconds(s.now+took))
		heap.Push(&s.coming, event{at: s.now + took, place: -1, freed: true})
	}
}

// stop ends an attempt by a failure of its worker after some seconds. What was computed since its last checkpoint is
// lost.
func (s *simulation) stop(place int, after float64) {
	t, c := &s.tasks[place], s.cluster
	computed := max(0, after-c.Start.Seconds())
	saved := 0.0
	if c.Save > 0 {
		saved = math.Floor(computed/c.Save.Seconds()) * c.Save.Seconds()
	}
	t.left -= saved
	s.outcome.Stopped++
	lost := inSeconds(computed - saved)
	s.outcome.Lost += lost
	s.outcome.MostLost = max(s.outcome.MostLost, lost)
	s.again(place, after, after+c.Repair.Seconds())
}

// again queues a run that ended its attempt after some seconds; its worker is free after others.
func (s *simulation) again(place int, ended, free float64) {
	heap.Push(&s.coming, event{at: s.now + ended + s.cluster.Requeue.Seconds(), place: place, ready: true})
	heap.Push(&s.coming, event{at: s.now + free, place: -1, freed: true})
}

func inSeconds(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
