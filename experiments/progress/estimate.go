package progress

import "time"

// Estimate predicts remaining time from measured throughput. Work is measured in floating point operations, so that
// runs of different networks and sizes are comparable. The zero value has no measurement yet.
type Estimate struct {
	total, done float64 // operations
	spent       time.Duration
}

// Plan adds work to do.
func (e *Estimate) Plan(work float64) { e.total += work }

// Drop removes planned work that will not be done.
func (e *Estimate) Drop(work float64) { e.total -= work }

// Done adds finished work and the time it took.
func (e *Estimate) Done(work float64, took time.Duration) {
	e.done += work
	e.spent += took
}

// Rate returns the measured operations per second; 0 before any measurement.
func (e *Estimate) Rate() float64 {
	if e.spent <= 0 {
		return 0
	}
	return e.done / e.spent.Seconds()
}

// Left returns the time for all remaining work; negative while unknown.
func (e *Estimate) Left() time.Duration { return e.For(e.total - e.done) }

// For returns the time for an amount of work; negative while unknown.
func (e *Estimate) For(work float64) time.Duration {
	rate := e.Rate()
	if rate <= 0 {
		return -1
	}
	return time.Duration(max(0, work) / rate * float64(time.Second))
}
