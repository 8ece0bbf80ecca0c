package progress

import "time"

// Estimate foretells the time that work will take from the time that work took. Work is measured in floating
// point operations, which runs of different networks and sizes have in common. The zero value knows nothing.
type Estimate struct {
	total, done float64 // operations
	spent       time.Duration
}

// Plan adds work that is to be done.
func (e *Estimate) Plan(work float64) { e.total += work }

// Drop takes back work that will not be done after all.
func (e *Estimate) Drop(work float64) { e.total -= work }

// Done counts work and the time that it took.
func (e *Estimate) Done(work float64, took time.Duration) {
	e.done += work
	e.spent += took
}

// Rate is the measured speed in operations a second; 0 while nothing is measured.
func (e *Estimate) Rate() float64 {
	if e.spent <= 0 {
		return 0
	}
	return e.done / e.spent.Seconds()
}

// Left is the time that all planned work which is not done will take; negative while that is unknown.
func (e *Estimate) Left() time.Duration { return e.For(e.total - e.done) }

// For is the time that an amount of work will take; negative while that is unknown.
func (e *Estimate) For(work float64) time.Duration {
	rate := e.Rate()
	if rate <= 0 {
		return -1
	}
	return time.Duration(max(0, work) / rate * float64(time.Second))
}
