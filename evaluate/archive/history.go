package archive

import (
	"errors"
	"fmt"
	"io/fs"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// readHistory reads the rows up to the first damaged one: while a run is writing, the last row may be
// incomplete. That of a finished run has all its epochs.
func (r *Run) readHistory(s *Sweep, name string) {
	data, err := s.read(name, record.LargestHistory)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		r.problem(err)
		return
	}
	if r.History, err = record.ParseHistory(data); err != nil {
		r.problem(err)
	} else if r.Result.Status == evaluate.Finished && !r.Whole() {
		r.problem(fmt.Errorf("%s has %d of the %d epochs that run.json says were trained: it was cut off", name,
			len(r.History), r.epochs()))
	}
}

// epochs is how many epochs were trained.
func (r *Run) epochs() int {
	if r.Stopped > 0 {
		return r.Stopped
	}
	return r.Result.Epochs
}

// Whole reports whether the history has all epochs of a finished run.
func (r *Run) Whole() bool { return len(r.History) >= r.epochs() }
