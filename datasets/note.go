package datasets

import (
	"fmt"
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
