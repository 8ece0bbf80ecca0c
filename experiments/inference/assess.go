// Package inference tests a trained network: it predicts the test images, whole or from overlapping patches, measures them, and
// draws the probabilities.
package inference

import (
	"context"
	"fmt"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// Predictor is what inference needs of a network: probabilities [n, 1, h, w] for images [n, C, h, w] of any size. model.Model is one.
type Predictor interface {
	Predict(ctx context.Context, probabilities, images []float32, n, h, w int) error
}

// Assessment is what testing a trained network gives.
type Assessment struct {
	Measures evaluate.Measures
	Curves   evaluate.Curves
	Cost     evaluate.Inference
}

// Tester measures a trained network on test images.
type Tester struct {
	Net      Predictor
	Dataset  *datasets.Dataset
	Settings matrix.Training
	Fold     int
	Patch    int // side of the patches where Settings.Test = "patches", px
	FS       durable.FS
	Folder   string                                                      // where predicted probabilities go as pictures
	Samples  string                                                      // where pictures of the samples themselves go
	Recipe   datasets.Recipe                                             // how the samples were prepared
	Report   func(phase progress.Phase, step, steps int)                 // called after each image
	Spent    func(phase progress.Phase, samples int, took time.Duration) // called after each image
}

// Run predicts and measures the samples in order.
func (t *Tester) Run(ctx context.Context, ids []string) (Assessment, error) {
	if err := t.makeFolders(); err != nil {
		return Assessment{}, err
	}
	collector := evaluate.NewCollector(t.Settings.Evaluation())
	defer collector.Close()
	a := Assessment{Cost: evaluate.Inference{Protocol: t.Settings.Test}}
	var seconds float64
	for i, id := range ids {
		sample, err := t.Dataset.LoadFold(t.Fold, id)
		if err != nil {
			return Assessment{}, fmt.Errorf("load test sample %s: %w", id, err)
		}
		start := time.Now()
		probabilities, err := t.predict(ctx, sample)
		if err != nil {
			return Assessment{}, fmt.Errorf("predict %s: %w", id, err)
		}
		took := time.Since(start)
		if i > 0 || len(ids) == 1 { // the first prediction of a size also compiles its graph
			seconds += took.Seconds()
			a.Cost.Samples++
		}
		a.Cost.Width, a.Cost.Height = sample.Width, sample.Height
		err = collector.Add(evaluate.Image{
			ID: id, Width: sample.Width, Height: sample.Height,
			Probabilities: probabilities, Truth: sample.Truth, FOV: sample.FOV,
		})
		if err != nil {
			return Assessment{}, err
		}
		if err := t.savePictures(sample, probabilities); err != nil {
			return Assessment{}, err
		}
		t.Spent(progress.Test, 1, took)
		t.Report(progress.Test, i+1, len(ids))
		if err := ctx.Err(); err != nil {
			return Assessment{}, err
		}
	}
	a.Cost.SecondsPerSample = seconds / float64(max(1, a.Cost.Samples))
	var err error
	if a.Measures, err = collector.Measures(); err != nil {
		return Assessment{}, err
	}
	a.Curves, err = collector.Curves()
	return a, err
}

// predict returns the probabilities [H, W] of one sample.
func (t *Tester) predict(ctx context.Context, s *datasets.Sample) ([]float32, error) {
	probabilities := make([]float32, s.Width*s.Height)
	if t.Settings.Test == "patches" {
		windows := Windows{Side: t.Patch, Stride: t.Settings.Stride, Batch: t.Settings.Batch}
		return probabilities, windows.Predict(ctx, t.Net, probabilities, s.Image, s.Channels, s.Height, s.Width)
	}
	return probabilities, t.Net.Predict(ctx, probabilities, s.Image, 1, s.Height, s.Width)
}
