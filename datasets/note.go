package datasets

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// note tells the user one line, where anybody listens.
func (ds *Dataset) note(format string, args ...any) {
	if ds.config.Note == nil {
		return
	}
	ds.noting.Lock()
	defer ds.noting.Unlock()
	ds.config.Note(fmt.Sprintf(format, args...))
}

// warn records that something about the data makes results doubtful, such as a label without foreground. Facts hands
// it on: to the terminal, the log, the record of each run, tables and the report. The same text is recorded once; it
// must name no place outside the dataset's folder, so that records are the same everywhere.
func (ds *Dataset) warn(format string, args ...any) {
	ds.noting.Lock()
	defer ds.noting.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(ds.warnings, text) {
		ds.warnings = append(ds.warnings, text)
	}
}

// warned lists what warn has recorded, in an order that does not depend on which image was read first.
func (ds *Dataset) warned() []string {
	ds.noting.Lock()
	defer ds.noting.Unlock()
	return slices.Sorted(slices.Values(append(ds.doubtfulFields(), ds.warnings...)))
}

// Work that is done before the first of these is not worth a note; longer work gets one at every interval.
const (
	notesBegin    = time.Second
	notesInterval = 5 * time.Second
)

// tally notes how far longer work on a dataset's images is, such as "decoding ISIC2017: 120 of 1075 images".
type tally struct {
	ds    *Dataset
	work  string
	total int

	mu   sync.Mutex
	done int
	next time.Time
}

func (ds *Dataset) tally(work string, total int) *tally {
	return &tally{ds: ds, work: work, total: total, next: time.Now().Add(notesBegin)}
}

// add counts one image.
func (t *tally) add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	if now := time.Now(); now.After(t.next) && t.done < t.total {
		t.next = now.Add(notesInterval)
		t.ds.note("%s %s: %d of %d images", t.work, t.ds.Name, t.done, t.total)
	}
}
