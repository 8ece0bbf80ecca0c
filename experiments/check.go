package experiments

import (
	"context"
	"fmt"

	"r2unet/datasets"
)

// checkData decodes every image that the jobs need, and its label and mask, before the first of them begins: a file that cannot be
// used is bad input, found before an hour is spent or anything is written. What is decoded is kept in the cache.
func (s *sweep) checkData(ctx context.Context, jobs []*job) error {
	checked := map[*datasets.Dataset]bool{}
	for _, j := range jobs {
		if checked[j.dataset] {
			continue
		}
		checked[j.dataset] = true
		if err := j.dataset.Prepare(ctx, j.run.Fold); err != nil {
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			return inputError(err)
		}
	}
	return nil
}

// note tells the user what a dataset is busy with, also before there is a reporter.
func (s *sweep) note(line string) {
	if s.reporter == nil {
		fmt.Fprintln(s.options.Stdout, line)
		return
	}
	s.reporter.Note(line)
}
