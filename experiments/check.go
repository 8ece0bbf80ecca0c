package experiments

import (
	"context"

	"r2unet/datasets"
)

// checkData decodes every image, label and mask that the jobs need before the first one begins: an unusable file is bad
// input, found before an hour is spent or anything is written. Decoded images are cached.
func (s *sweep) checkData(ctx context.Context, jobs []*job) error {
	checked := map[*datasets.Dataset]bool{}
	for _, j := range jobs {
		if checked[j.dataset] {
			continue
		}
		checked[j.dataset] = true
		if err := j.fold.Prepare(ctx); err != nil {
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			return inputError(err)
		}
		if err := drawSamples(ctx, j.fold); err != nil {
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			return inputError(s.file.Place(s.profile, j.run.Dataset.Name, err))
		}
	}
	return nil
}

// drawSamples draws the first training and validation samples to check that it is possible: with sampling = "balanced"
// a class may be missing. Of sixteen patches, hardly ever are all of one class.
func drawSamples(ctx context.Context, fold *datasets.Fold) error {
	for _, source := range []datasets.Source{fold.TrainSource(), fold.ValidationSource()} {
		c, h, w := source.Shape()
		image, target := make([]float32, c*h*w), make([]float32, h*w)
		for i := range min(16, source.Len()) {
			h, w := source.Size(0, i)
			if err := source.Fill(ctx, 0, i, image[:c*h*w], target[:h*w]); err != nil {
				return err
			}
		}
	}
	return nil
}
