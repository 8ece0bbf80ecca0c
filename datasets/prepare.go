package datasets

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// preparation is what is known about a fold's images: once done, all have been decoded in this process or earlier.
type preparation struct {
	mu   sync.Mutex
	done map[int]bool // by fold
}

// Prepare decodes, preprocesses and caches all images of a fold, once, so that a broken file is found before training begins. Images
// are prepared side by side; Config.Note hears how many are done.
func (ds *Dataset) Prepare(ctx context.Context, fold int) error {
	split, err := ds.Split(fold)
	if err != nil {
		return err
	}
	// Whoever comes second waits for the first, and finds the work done or the same broken file.
	ds.preparation.mu.Lock()
	defer ds.preparation.mu.Unlock()
	if ds.preparation.done[fold] {
		return nil
	}
	ids := slices.Concat(split.Train, split.Validation, split.Test)
	progress := ds.tally("decoding", len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, id := range ids {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := ds.prepared(ctx, id); err != nil {
				return err
			}
			progress.add()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if ds.preparation.done == nil {
		ds.preparation.done = map[int]bool{}
	}
	ds.preparation.done[fold] = true
	return nil
}
