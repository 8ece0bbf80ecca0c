package archive

import (
	"errors"
	"io/fs"

	"r2unet/evaluate/record"
)

// readHistory reads the rows up to the first damaged one: while a run is writing, the last row may be
// incomplete.
func (r *Run) readHistory(s *Sweep, name string) {
	data, err := s.read(name, record.LargestHistory)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		r.problem(err)
		return
	}
	r.History, err = record.ParseHistory(data)
	r.problem(err)
}
