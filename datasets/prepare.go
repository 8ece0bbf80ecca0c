package datasets

import (
	"context"
	"slices"
)

// Prepare decodes, preprocesses and caches all images of the fold, once, so that a broken file is found before training
// begins. Images are prepared side by side; Config.Note hears how many are done.
func (f *Fold) Prepare(ctx context.Context) error {
	// Whoever comes second waits for the first, and finds the work done or the same broken file.
	ds := f.Dataset
	ds.preparing.Lock()
	defer ds.preparing.Unlock()
	if f.prepared {
		return nil
	}
	ids := slices.Sorted(slices.Values(slices.Concat(f.Train, f.Validation, f.Test)))
	progress := ds.tally("decoding", len(ids))
	err := inOrder(ctx, len(ids), func(ctx context.Context, i int) error {
		defer progress.add()
		_, err := ds.prepared(ctx, ids[i])
		return err
	})
	if err != nil {
		return err
	}
	ds.judgeLabels(ids)
	ds.judgeAlpha(ids)
	ds.judgeSamples(ids)
	if err := ds.judgeCT(ctx, ids); err != nil {
		return err
	}
	f.prepared = true
	return nil
}
