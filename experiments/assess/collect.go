package assess

import (
	"r2unet/datasets"
	"r2unet/evaluate"
)

// collector measures predicted images of one class or of several.
type collector interface {
	add(s *datasets.Sample, probabilities []float32) error
	finish(a *Assessment) error
	Close() error
}

// newCollector returns the one for the dataset's classes.
func (t *Tester) newCollector() collector {
	options := t.Settings.Evaluation()
	options.Threshold = t.Cut
	if t.outputs() > 1 {
		return classCollector{evaluate.NewClassCollector(t.Fold.Dataset.Classes().Names(), options)}
	}
	return oneCollector{evaluate.NewCollector(options)}
}

// oneCollector measures the foreground at a threshold.
type oneCollector struct{ *evaluate.Collector }

func (c oneCollector) add(s *datasets.Sample, probabilities []float32) error {
	return c.Add(evaluate.Image{
		ID: s.ID, Width: s.Width, Height: s.Height, Probabilities: probabilities, Truth: s.Truth, FOV: s.FOV,
	})
}

func (c oneCollector) finish(a *Assessment) (err error) {
	a.Threshold = c.Threshold()
	if a.Measures, err = c.Measures(); err != nil {
		return err
	}
	a.Curves, err = c.Curves()
	return err
}

// classCollector measures each class against the rest.
type classCollector struct{ *evaluate.ClassCollector }

func (c classCollector) add(s *datasets.Sample, probabilities []float32) error {
	return c.Add(evaluate.ClassImage{
		ID: s.ID, Width: s.Width, Height: s.Height, Probabilities: probabilities, Truth: s.Truth, FOV: s.FOV,
	})
}

func (c classCollector) finish(a *Assessment) (err error) {
	a.Threshold = evaluate.DefaultThreshold // of the pictures of foreground
	if a.Measures, a.Classes, err = c.Measures(); err != nil {
		return err
	}
	a.Curves, err = c.Curves()
	return err
}
