package experiments

import (
	"cmp"

	"r2unet/datasets"
	"r2unet/evaluate"
)

// data describes how much data the run is trained and tested on. It is nil before the data are open.
func (r *runner) data() *evaluate.Data {
	if r.trainer.Train == nil {
		return nil
	}
	d := &evaluate.Data{
		Tested: len(r.job.tested), Test: len(measured(r.job.run, r.job.fold.Split)), Train: r.trainer.Train.Len(),
		Trained: r.trainer.Train.Len() * cmp.Or(r.testedEpoch, r.trainer.At.Epoch),
		Patch:   r.job.run.Dataset.Patch, Width: r.facts.Width, Height: r.facts.Height,
		Observer: cmp.Or(r.job.run.Dataset.Observer, 1), Images: r.facts.Images,
	}
	if size := r.job.run.Dataset.Size; size.Width == size.Height {
		d.Size = size.Width
	} else {
		d.Oblong = [2]int{size.Width, size.Height}
	}
	switch c := r.job.run.Dataset; {
	case r.job.dataset.ResizesBack():
		d.MeasuredAt = datasets.AtNative
	case c.Size.Set() && c.Kind == datasets.KindFolder: // whose default is the other
		d.MeasuredAt = datasets.AtNetwork
	}
	if folds := r.job.dataset.Folds(); folds > 1 {
		ids := map[string]bool{}
		for fold := range folds {
			if f, err := r.job.dataset.Fold(fold); err == nil {
				for _, id := range measured(r.job.run, f.Split) {
					ids[id] = true
				}
			}
		}
		d.TestFolds = len(ids)
	}
	for _, part := range r.facts.Published {
		d.Parts = append(d.Parts, evaluate.Part(part))
	}
	return d
}
