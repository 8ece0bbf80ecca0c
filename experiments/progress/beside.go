package progress

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
)

// Beside returns n reporters for runs that are computed at the same time, which show them beside each other in what r,
// a reporter from New for the same w, shows. Only r is to be closed or stopped. All are called from one goroutine.
func Beside(r Reporter, w io.Writer, n int) []Reporter {
	var all []Reporter
	b, drawn := r.(*bars)
	var sum shared
	for range n {
		if drawn {
			l := &lane{bars: b, shared: &sum}
			b.lanes = append(b.lanes, l)
			all = append(all, l)
			continue
		}
		all = append(all, &lines{w: w, interval: time.Duration(n) * 5 * time.Second})
	}
	return all
}

// shared is what the lanes of a sweep have in common.
type shared struct {
	ended     int
	fractions map[*lane]float64
}

// lane draws a bar of its own above the bar of the sweep.
type lane struct {
	*bars
	shared *shared
	bar    *mpb.Bar
	state  string // guarded by bars.mu
}

// Begin adds the run's bar.
func (l *lane) Begin(number, total int, title string) {
	b := l.bars
	b.drawing.Lock()
	defer b.drawing.Unlock()
	if b.container == nil {
		return
	}
	b.mu.Lock()
	b.number, b.total, l.state = number, total, "preparing"
	if b.sweepOf == "" {
		b.sweepOf = "time left unknown"
	}
	b.mu.Unlock()
	if b.sweep == nil {
		b.sweep = b.add("sweep", 1, func() string { return fmt.Sprintf("run %d/%d, %s", b.number, b.total, b.sweepOf) })
	}
	l.bar = b.add(title, 0, func() string { return l.state })
}

// Update moves the run's bar and that of the sweep.
func (l *lane) Update(u Update) {
	b := l.bars
	b.drawing.Lock()
	defer b.drawing.Unlock()
	if b.container == nil || l.bar == nil {
		return
	}
	b.mu.Lock()
	l.state, b.sweepOf = describe(u), left(u.SweepLeft)
	total := b.total
	b.mu.Unlock()
	if l.shared.fractions == nil {
		l.shared.fractions = map[*lane]float64{}
	}
	l.shared.fractions[l] = u.Fraction
	done := float64(l.shared.ended)
	for _, fraction := range l.shared.fractions {
		done += fraction
	}
	l.bar.SetCurrent(min(int64(u.Fraction*scale), scale-1))
	b.sweep.SetCurrent(min(int64(done/float64(total)*scale), scale-1))
}

// End removes the run's bar.
func (l *lane) End(line string) {
	b := l.bars
	b.drawing.Lock()
	defer b.drawing.Unlock()
	l.shared.ended++
	delete(l.shared.fractions, l)
	if l.bar != nil && b.container != nil {
		l.bar.Abort(true)
		l.bar.Wait()
	}
	l.bar = nil
	b.note(line)
}
