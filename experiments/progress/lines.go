package progress

import (
	"fmt"
	"io"
	"time"
)

// lines reports in plain lines, for logs and pipes.
type lines struct {
	w             io.Writer
	interval      time.Duration
	number, total int
	title         string
	shown         time.Time
	phase         Phase
}

func (l *lines) Begin(number, total int, title string) {
	l.number, l.total, l.title = number, total, title
	l.shown, l.phase = time.Now(), ""
	fmt.Fprintf(l.w, "[%d/%d] %s\n", number, total, title)
}

func (l *lines) Update(u Update) {
	if time.Since(l.shown) < l.interval && (u.Phase != Test || l.phase == Test) {
		return
	}
	l.shown, l.phase = time.Now(), u.Phase
	fmt.Fprintf(l.w, "[%d/%d] %s: %s; sweep: %s\n", l.number, l.total, l.title, describe(u), left(u.SweepLeft))
}

func (l *lines) Note(line string) { fmt.Fprintln(l.w, line) }

func (l *lines) End(line string) {
	fmt.Fprintf(l.w, "[%d/%d] %s\n", l.number, l.total, line)
}

func (l *lines) Close() {}
