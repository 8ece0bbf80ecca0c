package segment

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"r2unet/internal/cli"
)

// job is a page of an image's file, or a file that cannot be opened.
type job struct {
	image       int // of segmenter.paths
	page, pages int // from 0
	name        string
	data        []byte
	made        mark
	start       time.Time
	err         error        // why there is nothing to do
	end         chan outcome // of capacity 1
}

// outcome is what became of a job.
type outcome struct {
	why   string   // it was done before, or has to be done again
	drawn [][]byte // what is to be written, in the order of outputs; nil if it was done before
	made  mark
	areas []area
	err   error
}

// all segments the images, some of them at once, and reports and writes in their order.
func (s *segmenter) all(ctx context.Context) error {
	slots, jobs, stop := make(chan bool, s.Jobs), make(chan *job), make(chan bool)
	collected := make(chan error, 1)
	go func() {
		err := s.collect(ctx, slots, jobs)
		close(stop)
		for range jobs { // those that were started
		}
		collected <- err
	}()
	var working sync.WaitGroup
	s.start(ctx, slots, jobs, stop, &working)
	close(jobs)
	working.Wait()
	return <-collected
}

// start starts the jobs as slots become free, until all are started, or the context ends or stop is closed.
func (s *segmenter) start(
	ctx context.Context, slots chan bool, jobs chan<- *job, stop <-chan bool, working *sync.WaitGroup,
) {
	goes := func() bool {
		select {
		case <-ctx.Done():
			return false
		case <-stop:
			return false
		case slots <- true:
			return true
		}
	}
	for i, path := range s.paths {
		if !goes() {
			return
		}
		first := job{image: i, pages: 1, name: s.names[path], start: time.Now()}
		if first.data, first.pages, first.err = s.open(path); first.err == nil {
			first.made = s.mark(first.data)
		}
		for page := range max(1, first.pages) {
			if page > 0 && !goes() {
				return
			}
			j := first
			j.page, j.end = page, make(chan outcome, 1)
			if j.pages > 1 {
				j.name = fmt.Sprintf("%s_page%d", j.name, page+1)
				j.made.Page, j.made.Pages = page+1, j.pages
			}
			if j.err == nil {
				j.err = s.claim(path, j.name)
			}
			working.Go(func() { j.end <- s.work(ctx, path, &j) })
			jobs <- &j
		}
	}
}

// progress is what is known of the image whose pages are collected.
type progress struct {
	why      string
	failures []error
}

// collect writes the results of jobs in their order, gives their slots back, and reports.
func (s *segmenter) collect(ctx context.Context, slots <-chan bool, jobs <-chan *job) error {
	failed, before := 0, 0
	now := progress{why: doneBefore}
	for j := range jobs {
		path := s.paths[j.image]
		why, err := s.finish(path, j.name, <-j.end)
		<-slots
		switch {
		case ctx.Err() != nil:
			return cli.ErrInterrupted // finished images are not done again
		case diskFailed(err):
			s.summarize(before)
			return fmt.Errorf("%s: %w; %s done: run the same command again when that is in order",
				path, err, count(j.image-failed, "image is", "images are"))
		case err != nil && j.pages > 1:
			now.failures = append(now.failures, fmt.Errorf("page %d of %d: %w", j.page+1, j.pages, err))
		case err != nil:
			now.failures = append(now.failures, err)
		case why != doneBefore:
			now.why = why
		}
		if j.page < j.pages-1 {
			continue
		}
		at := fmt.Sprintf("[%d/%d] %s: ", j.image+1, len(s.paths), path)
		took := time.Since(j.start).Round(time.Millisecond)
		switch err := errors.Join(now.failures...); {
		case err != nil:
			failed++
			s.say("%sfailed: %v", at, err)
		case now.why == doneBefore:
			before++
		case now.why != "":
			s.say("%s%s, done anew: %s", at, took, now.why)
		default:
			s.say("%s%s", at, took)
		}
		now = progress{why: doneBefore}
	}
	if ctx.Err() != nil {
		return cli.ErrInterrupted
	}
	s.summarize(before)
	if err := s.writeAreas(); err != nil {
		return err
	}
	if failed > 0 {
		return &Failed{failed, len(s.paths)}
	}
	return nil
}

// finish writes the results of a job and records what is known of them.
func (s *segmenter) finish(path, name string, o outcome) (why string, err error) {
	if o.err == nil && o.drawn != nil {
		o.err = s.write(name, o.drawn)
	}
	if o.err != nil {
		return "", o.err
	}
	s.pictures++
	s.doubts.add(path, o.made.Doubts)
	s.table.add(path, o.made.Page, o.areas)
	return o.why, nil
}
