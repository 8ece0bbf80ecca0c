package training

import (
	"context"
	"errors"
	"io"
	"iter"

	"r2unet/datasets"
	"r2unet/internal/model"
)

// batches yields the batches of an epoch of a source after the first `done`. A batch is valid until the next one is
// requested; iteration ends after an error.
func (t *Trainer) batches(ctx context.Context, source datasets.Source, epoch, done int) iter.Seq2[model.Batch, error] {
	return func(yield func(model.Batch, error) bool) {
		stream := datasets.Stream(ctx, source, datasets.StreamOptions{
			Batch: t.Settings.Batch, Epoch: epoch, From: done, Workers: t.Workers, Multiple: t.Multiple,
		})
		defer stream.Close()
		for {
			b, err := stream.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(model.Batch{}, err)
				return
			}
			if !yield(model.Batch{Images: b.Images, Targets: b.Targets, N: b.N, C: b.C, H: b.H, W: b.W}, nil) {
				return
			}
			stream.Recycle(b)
		}
	}
}

// steps returns the number of steps in an epoch of a source.
func (t *Trainer) steps(source datasets.Source) int {
	return (source.Len() + t.Settings.Batch - 1) / t.Settings.Batch
}
