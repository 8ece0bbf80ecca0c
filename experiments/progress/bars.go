package progress

import (
	"fmt"
	"io"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"r2unet/internal/cli"
)

// scale is the range of a bar: mpb counts in integers.
const scale = 1000

// bars draws a bar for the current run and one for the sweep below it. Permanent lines scroll above them. Since it
// moves the cursor, it makes names and lines printable itself.
type bars struct {
	w io.Writer

	drawing   sync.Mutex    // held while a bar is added, changed or removed
	container *mpb.Progress // nil once drawing has ended
	sweep     *mpb.Bar
	run       *mpb.Bar // nil between runs
	lanes     []*lane  // of runs beside each other

	mu            sync.Mutex // guards what the drawing goroutine reads:
	text, sweepOf string
	number, total int
}

func newBars(w io.Writer) *bars {
	return &bars{w: w, container: mpb.New(mpb.WithOutput(w), mpb.WithWidth(24), mpb.WithAutoRefresh())}
}

func (b *bars) Begin(number, total int, title string) {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	if b.container == nil {
		return
	}
	b.mu.Lock()
	b.number, b.total, b.text, b.sweepOf = number, total, "preparing", "time left unknown"
	b.mu.Unlock()
	if b.sweep == nil {
		b.sweep = b.add("sweep", 1, func() string { return fmt.Sprintf("run %d/%d, %s", b.number, b.total, b.sweepOf) })
	}
	b.run = b.add(title, 0, func() string { return b.text })
}

// add draws a bar; text is called with mu held.
func (b *bars) add(name string, priority int, text func() string) *mpb.Bar {
	return b.container.New(scale, mpb.BarStyle(),
		mpb.BarPriority(priority),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(cli.Printable(name)+" ", decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			b.mu.Lock()
			defer b.mu.Unlock()
			return text()
		})))
}

func (b *bars) Update(u Update) {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	if b.container == nil {
		return
	}
	b.mu.Lock()
	b.text, b.sweepOf = describe(u), left(u.SweepLeft)
	number, total := b.number, b.total
	b.mu.Unlock()
	b.run.SetCurrent(min(int64(u.Fraction*scale), scale-1))
	b.sweep.SetCurrent(min(int64((float64(number-1)+u.Fraction)/float64(total)*scale), scale-1))
}

func (b *bars) Note(line string) {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	b.note(line)
}

func (b *bars) note(line string) {
	if b.container == nil {
		fmt.Fprintln(b.w, cli.Printable(line))
		return
	}
	fmt.Fprintln(b.container, cli.Printable(line))
}

func (b *bars) End(line string) {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	if b.run != nil {
		b.run.Abort(true)
		b.run.Wait()
		b.run = nil
	}
	b.note(line)
}

func (b *bars) Close() {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	b.remove()
}

func (b *bars) Stopping() {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	b.remove()
	b.note(stopping)
}

// remove removes the bars and ends drawing.
func (b *bars) remove() {
	if b.container == nil {
		return
	}
	if b.run != nil {
		b.run.Abort(true)
	}
	for _, l := range b.lanes {
		if l.bar != nil {
			l.bar.Abort(true)
		}
	}
	if b.sweep != nil {
		b.sweep.Abort(true)
	}
	b.container.Wait()
	b.container, b.run = nil, nil
}
