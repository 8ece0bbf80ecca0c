package sim

import "math"

// Work on the simulated GPU is done as late as its rules allow: when somebody waits for it. So if nothing makes a
// kernel wait for a copy, the copy has not been done when the kernel runs, and pinned memory that is overwritten too
// early corrupts a pending copy. On a GPU the same would happen occasionally.

// The two orders of work: uploads run concurrently with everything else.
const (
	compute = iota
	uploads
)

// stream is work in the order in which it was started; finished work is removed.
type stream struct {
	queue []func() error
	done  int // number of operations done since the beginning
}

func (s *stream) length() int { return s.done + len(s.queue) }

// event is a point of a stream.
type event struct {
	on int
	at int // number of operations of the stream before it
}

// start appends an operation to a stream. The error is that of earlier work.
func (d *Driver) start(on int, operation func() error) error {
	s := &d.streams[on]
	s.queue = append(s.queue, operation)
	return d.failure
}

// advance does the work of a stream up to its operation `to`.
func (d *Driver) advance(on int, to int) error {
	s := &d.streams[on]
	for s.done < to && d.failure == nil {
		operation := s.queue[0]
		s.queue = s.queue[1:]
		s.done++
		if err := operation(); err != nil {
			d.failure = err
		}
	}
	return d.failure
}

// Event creates an event.
func (d *Driver) Event() (uint64, error) {
	d.events = append(d.events, event{})
	return uint64(len(d.events) - 1), nil
}

// Record moves an event to the present end of the work.
func (d *Driver) Record(e uint64) error {
	d.record(e, compute)
	return d.failure
}

func (d *Driver) record(e uint64, on int) { d.events[e] = event{on, d.streams[on].length()} }

// Follow orders everything started from now on after an event, as it is recorded now.
func (d *Driver) Follow(e uint64) error {
	before := d.events[e]
	return d.start(compute, func() error { return d.advance(before.on, before.at) })
}

// Passed reports whether the work before an event happens to be done.
func (d *Driver) Passed(e uint64) (bool, error) {
	return d.events[e].at <= d.streams[d.events[e].on].done, d.failure
}

// Await does the work before an event.
func (d *Driver) Await(e uint64) error { return d.advance(d.events[e].on, d.events[e].at) }

// Wait does all work.
func (d *Driver) Wait() error {
	if err := d.advance(compute, d.streams[compute].length()); err != nil {
		return err
	}
	return d.advance(uploads, d.streams[uploads].length())
}

// Together calls f.
func (d *Driver) Together(f func() error) error { return f() }

// Pin allocates host memory, filled with NaN.
func (d *Driver) Pin(words int) ([]float32, error) {
	memory := make([]float32, words)
	spoil(memory)
	d.Pinned++
	return memory, nil
}

// Unpin frees host memory; pending copies from it read NaN.
func (d *Driver) Unpin(memory []float32) error {
	spoil(memory)
	d.Pinned--
	return nil
}

func spoil(memory []float32) {
	for i := range memory {
		memory[i] = math.Float32frombits(poison)
	}
}

// Upload copies to the device.
func (d *Driver) Upload(to uint64, from []float32, done uint64) error {
	err := d.start(uploads, func() error {
		words, err := d.memory.span(to, int64(4*len(from)))
		for i := range words {
			words[i] = math.Float32bits(from[i])
		}
		return err
	})
	d.record(done, uploads)
	return err
}

// Download copies from the device.
func (d *Driver) Download(to []float32, from uint64) error {
	return d.start(compute, func() error {
		words, err := d.memory.span(from, int64(4*len(to)))
		for i, w := range words {
			to[i] = math.Float32frombits(w)
		}
		return err
	})
}

// Move copies within the device.
func (d *Driver) Move(to, from uint64, words int64) error {
	return d.start(compute, func() error {
		source, err := d.memory.span(from, 4*words)
		if err != nil {
			return err
		}
		target, err := d.memory.span(to, 4*words)
		copy(target, source)
		return err
	})
}

// Fill sets `words` words to the same bits.
func (d *Driver) Fill(address uint64, bits uint32, words int64) error {
	return d.start(compute, func() error {
		span, err := d.memory.span(address, 4*words)
		for i := range span {
			span[i] = bits
		}
		return err
	})
}
