package datasets

import (
	"context"
	"slices"
	"sync"
)

// preparation is what is known about a fold's images: once done, all have been decoded in this process or earlier.
type preparation struct {
	mu   sync.Mutex
	done map[int]bool // by fold
}

// Prepare decodes, preprocesses and caches all images of a fold, once, so that a broken file is found before training
// begins. Images are prepared side by side; Config.Note hears how many are done.
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
	ids := slices.Sorted(slices.Values(slices.Concat(split.Train, split.Validation, split.Test)))
	progress := ds.tally("decoding", len(ids))
	err = inOrder(ctx, len(ids), func(ctx context.Context, i int) error {
		defer progress.add()
		_, err := ds.prepared(ctx, ids[i])
		return err
	})
	if err != nil {
		return err
	}
	ds.judgeLabels(ids)
	ds.judgeAlpha(ids)
	if err := ds.judgeCT(ctx, ids); err != nil {
		return err
	}
	if ds.preparation.done == nil {
		ds.preparation.done = map[int]bool{}
	}
	ds.preparation.done[fold] = true
	return nil
}
