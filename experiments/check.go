package experiments

import (
	"context"

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
		if err := drawSamples(ctx, j.dataset, j.run.Fold); err != nil {
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			return inputError(s.file.Place(s.profile, j.run.Dataset.Name, err))
		}
	}
	return nil
}

// drawSamples draws the first samples of training and of validation, to see that there are such: with sampling = "balanced" the labels
// may have nothing to draw from. Of sixteen patches hardly ever all are on one side.
func drawSamples(ctx context.Context, d *datasets.Dataset, fold int) error {
	train, err := d.TrainSource(fold)
	if err != nil {
		return err
	}
	validation, err := d.ValidationSource(fold)
	if err != nil {
		return err
	}
	for _, source := range []datasets.Source{train, validation} {
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
