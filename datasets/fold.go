package datasets

import (
	"context"
	"fmt"
	"sync"

	"r2unet/datasets/cache"
)

// Fold is one fold of an opened dataset: a split of its images, and what follows from it. Its methods may be called
// from several goroutines.
type Fold struct {
	Split
	Dataset *Dataset
	Number  int // from 0

	mu            sync.Mutex
	normalization *Normalization // nil until it is computed
	prepared      bool           // behind Dataset.preparing
}

// Fold returns a fold of the configured protocol, counted from 0.
func (ds *Dataset) Fold(number int) (*Fold, error) {
	if number < 0 || number >= len(ds.folds) {
		return nil, fmt.Errorf("%s: fold %d: there are %d, counted from 0", ds.Name, number, len(ds.folds))
	}
	return ds.folds[number], nil
}

// splits returns the split of each fold.
func (ds *Dataset) splits() []Split {
	splits := make([]Split, len(ds.folds))
	for i, f := range ds.folds {
		splits[i] = f.Split
	}
	return splits
}

// testing returns the fold that tests on an image, or the first if none does.
func (ds *Dataset) testing(id string) *Fold {
	for _, f := range ds.folds {
		for _, tested := range f.Test {
			if tested == id {
				return f
			}
		}
	}
	return ds.folds[0]
}

// Labelled returns in how many of some images anything is labelled. The fold must be prepared.
func (f *Fold) Labelled(ids []string) int {
	f.Dataset.mu.Lock()
	defer f.Dataset.mu.Unlock()
	n := 0
	for _, id := range ids {
		if f.Dataset.labels[id].Labelled > 0 {
			n++
		}
	}
	return n
}

// Load returns a whole image, normalized with the fold's training images.
func (f *Fold) Load(ctx context.Context, id string) (*Sample, error) {
	p, err := f.Dataset.prepared(ctx, id)
	if err != nil {
		return nil, err
	}
	return f.sample(ctx, id, p)
}

// sample normalizes a prepared image.
func (f *Fold) sample(ctx context.Context, id string, p *cache.Sample) (*Sample, error) {
	n, err := f.normalizer(ctx, p)
	if err != nil {
		return nil, err
	}
	s := newSample(p, n)
	s.ID, s.Subject = id, f.Dataset.images[id].Subject
	return s, nil
}
