package assess

import (
	"fmt"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/experiments/postprocess"
)

// collector measures predicted images of one class or of several.
type collector interface {
	// add returns the mask or the classes after post-processing; nil without any.
	add(s *datasets.Sample, probabilities []float32) ([]uint8, error)
	finish(a *Assessment) error
	Close() error
}

// newCollector returns the one for the dataset's classes.
func (t *Tester) newCollector() (collector, error) {
	steps, err := postprocess.Parse(t.Settings.Post)
	if err != nil {
		return nil, fmt.Errorf("post = %w", err)
	}
	options := t.Settings.Evaluation()
	options.Threshold = t.Cut
	if t.outputs() > 1 {
		return classCollector{evaluate.NewClassCollector(t.Fold.Dataset.Classes().Names(), options), steps}, nil
	}
	return oneCollector{evaluate.NewCollector(options), steps}, nil
}

// oneCollector measures the foreground at a threshold, after post-processing. Measures of ranking, such as the AUC, and
// of probabilities are those of the probabilities.
type oneCollector struct {
	*evaluate.Collector
	steps postprocess.Steps
}

func (c oneCollector) add(s *datasets.Sample, probabilities []float32) ([]uint8, error) {
	image := evaluate.Image{
		ID: s.ID, Width: s.Width, Height: s.Height, Probabilities: probabilities, Truth: s.Truth, FOV: s.FOV,
	}
	if c.steps.String() != "" {
		mask := Thresholded(probabilities, c.Threshold())
		image.Prediction = c.steps.One(mask, probabilities, s.FOV, s.Width, s.Height)
	}
	return image.Prediction, c.Add(image)
}

// Thresholded is the mask of the pixels whose probability is at least the threshold.
func Thresholded(probabilities []float32, threshold float64) []uint8 {
	mask := make([]uint8, len(probabilities))
	for i, p := range probabilities {
		if float64(p) >= threshold {
			mask[i] = 1
		}
	}
	return mask
}

func (c oneCollector) finish(a *Assessment) (err error) {
	a.Threshold = c.Threshold()
	if a.Measures, err = c.Measures(); err != nil {
		return err
	}
	a.Curves, err = c.Curves()
	return err
}

// classCollector measures each class against the rest, after post-processing.
type classCollector struct {
	*evaluate.ClassCollector
	steps postprocess.Steps
}

func (c classCollector) add(s *datasets.Sample, probabilities []float32) ([]uint8, error) {
	image := evaluate.ClassImage{
		ID: s.ID, Width: s.Width, Height: s.Height, Probabilities: probabilities, Truth: s.Truth, FOV: s.FOV,
	}
	if c.steps.String() != "" {
		classes := evaluate.MostProbable(probabilities, s.Width*s.Height)
		image.Prediction = c.steps.Several(classes, s.FOV, s.Width, s.Height)
	}
	return image.Prediction, c.Add(image)
}

func (c classCollector) finish(a *Assessment) (err error) {
	a.Threshold = evaluate.DefaultThreshold // of the pictures of foreground
	if a.Measures, a.Classes, err = c.Measures(); err != nil {
		return err
	}
	a.Curves, err = c.Curves()
	return err
}
