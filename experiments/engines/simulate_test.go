package engines

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"r2unet/experiments"
)

func runsOf(seconds ...float64) []experiments.AgendaItem {
	var runs []experiments.AgendaItem
	for i, s := range seconds {
		runs = append(runs, experiments.AgendaItem{Index: i, Seconds: s})
	}
	return runs
}

// TestSimulationWithoutFailuresIsListScheduling compares with schedules made by hand.
func TestSimulationWithoutFailuresIsListScheduling(t *testing.T) {
	for name, c := range map[string]struct {
		seconds         []float64
		workers         int
		makespan, bound time.Duration
	}{
		"one after another": {[]float64{3, 2, 1}, 1, 6 * time.Second, 6 * time.Second},
		"one each":          {[]float64{3, 2, 1}, 5, 3 * time.Second, 3 * time.Second},
		"longest first":     {[]float64{5, 4, 3, 3, 3}, 2, 10 * time.Second, 9 * time.Second}, // 5+3, 4+3+3
		"longest last":      {[]float64{3, 3, 3, 4, 5}, 2, 11 * time.Second, 9 * time.Second}, // 3+3+5, 3+4
	} {
		t.Run(name, func(t *testing.T) {
			got := Simulate(runsOf(c.seconds...), Cluster{Workers: c.workers})
			if got.Makespan != c.makespan || got.Bound != c.bound || got.Attempts != len(c.seconds) {
				t.Errorf("makespan %v, bound %v, %d attempts; want %v, %v, %d",
					got.Makespan, got.Bound, got.Attempts, c.makespan, c.bound, len(c.seconds))
			}
		})
	}
}

// TestFailuresLoseHalfACheckpointEach: a failure finds the time since the last checkpoint uniformly distributed.
func TestFailuresLoseHalfACheckpointEach(t *testing.T) {
	c := Cluster{Workers: 20, Failure: time.Hour, Repair: 10 * time.Minute, Save: time.Minute, Seed: 1}
	seconds := make([]float64, 200)
	for i := range seconds {
		seconds[i] = 3 * 3600
	}
	got := Simulate(runsOf(seconds...), c)
	if got.Stopped < 500 || got.Stopped > 700 { // 600 hours of work
		t.Errorf("%d failures in 600 hours of work with one an hour", got.Stopped)
	}
	if mean := got.LostPerFailure(); mean < 27*time.Second || mean > 33*time.Second {
		t.Errorf("a failure loses %v on average; want half a minute", mean)
	}
	if got.MostLost > time.Minute {
		t.Errorf("a failure loses %v with a checkpoint a minute", got.MostLost)
	}
	if got.Makespan <= got.Bound {
		t.Errorf("makespan %v with failures is not above the bound %v without", got.Makespan, got.Bound)
	}
	c.Save = 0
	if worse := Simulate(runsOf(seconds...), c); worse.LostPerFailure() < 10*time.Minute {
		t.Errorf("without checkpoints a failure loses only %v", worse.LostPerFailure())
	}
}

// TestFaultsAreTriedAgainThreeTimes: a run that always fails by itself is given up, and costs no other run its turn.
func TestFaultsAreTriedAgainThreeTimes(t *testing.T) {
	got := Simulate(runsOf(10, 10, 10), Cluster{Workers: 2, Fault: 1})
	if got.GivenUp != 3 || got.Attempts != 3*(1+Retries) {
		t.Errorf("%d runs given up after %d attempts; want 3 after %d", got.GivenUp, got.Attempts, 3*(1+Retries))
	}
}

// TestOrderChangesNoRun: two orders are compared on the same runs, and the same seed gives the same outcome.
func TestOrderChangesNoRun(t *testing.T) {
	runs := runsOf(50, 40, 30, 20, 10, 5, 4, 3, 2, 1)
	c := Cluster{Workers: 3, Spread: 0.5, Seed: 7}
	first := Simulate(runs, c)
	if again := Simulate(runs, c); again != first {
		t.Errorf("the same simulation gives %+v, then %+v", first, again)
	}
	shuffled := append([]experiments.AgendaItem(nil), runs...)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(runs), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	if other := Simulate(shuffled, c); (other.Bound - first.Bound).Abs() > time.Microsecond {
		t.Errorf("in another order the bound is %v, not %v", other.Bound, first.Bound)
	}
}

// TestSimulatedTimeIsAllSpentOnSomething: of one worker, on the work, on what failures destroyed, and on waiting for
// its repair or, with one run, for the run to start again.
func TestSimulatedTimeIsAllSpentOnSomething(t *testing.T) {
	c := Cluster{Workers: 1, Failure: time.Hour, Repair: 40 * time.Minute, Save: 7 * time.Minute, Seed: 3}
	waiting := c
	waiting.Requeue, waiting.Repair = 50*time.Minute, time.Minute
	for name, of := range map[string]struct {
		runs []float64
		Cluster
		wait time.Duration
	}{
		"repaired": {[]float64{9000, 36000, 400}, c, c.Repair}, "queued again": {[]float64{36000}, waiting, waiting.Requeue},
	} {
		got := Simulate(runsOf(of.runs...), of.Cluster)
		want := got.Bound + got.Lost + time.Duration(got.Stopped)*of.wait
		if got.Stopped < 5 || (got.Makespan-want).Abs() > time.Millisecond {
			t.Errorf("%s: %+v, together %v", name, got, want)
		}
	}
	// Nothing is lost by a failure before an attempt computes.
	starting := Simulate(runsOf(1), Cluster{Workers: 1, Failure: time.Hour, Start: 3 * time.Hour, Seed: 4})
	if starting.Stopped < 2 || starting.MostLost > time.Second {
		t.Errorf("a run of a second loses more: %+v", starting)
	}
}

// TestAFaultKeepsTheWorkThatWasDone: what an attempt computed before it failed by itself was saved.
func TestAFaultKeepsTheWorkThatWasDone(t *testing.T) {
	seconds := make([]float64, 100)
	for i := range seconds {
		seconds[i] = 10
	}
	if got := Simulate(runsOf(seconds...), Cluster{Workers: 1, Fault: 1}); got.Makespan > got.Bound {
		t.Errorf("runs that are given up take %v, longer than without a fault, %v", got.Makespan, got.Bound)
	}
}

// TestSpreadLeavesTheMean: true times are spread around the plan's, not above it.
func TestSpreadLeavesTheMean(t *testing.T) {
	seconds := make([]float64, 5000)
	for i := range seconds {
		seconds[i] = 10
	}
	got := Simulate(runsOf(seconds...), Cluster{Workers: 1, Spread: 0.5, Seed: 5})
	if mean := got.Makespan.Seconds() / float64(len(seconds)); math.Abs(mean-10) > 0.3 {
		t.Errorf("runs of 10 s by the plan take %g s on average", mean)
	}
}
