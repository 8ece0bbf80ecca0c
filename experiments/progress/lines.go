package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// lines prints plain lines, for logs and pipes.
type lines struct {
	w             io.Writer
	interval      time.Duration
	number, total int
	title         string
	shown         time.Time
	phase         Phase

	mu sync.Mutex // guards w
}

func (l *lines) Begin(number, total int, title string) {
	l.number, l.total, l.title = number, total, title
	l.shown, l.phase = time.Now(), ""
	l.Note(fmt.Sprintf("[%d/%d] %s", number, total, title))
}

func (l *lines) Update(u Update) {
	begun := u.Phase != l.phase && u.Phase != Train && u.Phase != Validate
	if !begun && time.Since(l.shown) < l.interval {
		return
	}
	l.shown, l.phase = time.Now(), u.Phase
	l.Note(fmt.Sprintf("[%d/%d] %s: %s; sweep: %s", l.number, l.total, l.title, describe(u), left(u.SweepLeft)))
}

func (l *lines) Note(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, line)
}

func (l *lines) End(line string) {
	l.Note(fmt.Sprintf("[%d/%d] %s", l.number, l.total, line))
}

func (l *lines) Close() {}

func (l *lines) Stopping() { l.Note(stopping) }
