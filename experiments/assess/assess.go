// Package assess tests a trained network: it predicts the test images (or the validation images, on which settings are
// chosen), whole or from overlapping patches, measures the predictions and writes them as pictures.
package assess

import (
	"context"
	"fmt"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// Predictor predicts probabilities [N, K, H, W] for images of any size. model.Model implements it.
type Predictor interface {
	Predict(ctx context.Context, probabilities []float32, b model.Batch) error
}

// Assessment is the result of testing a trained network.
type Assessment struct {
	Measures  evaluate.Measures
	Classes   []evaluate.ClassMeasures // of each foreground class if there are several; Measures is their mean
	Threshold float64                  // that they were taken at
	Curves    evaluate.Curves
	Costs     []evaluate.Inference // of the protocol measured, and of the other one if it was timed
}

// Tester measures a trained network on whole images.
type Tester struct {
	Net      Predictor
	Fold     *datasets.Fold
	Settings matrix.Training
	Cut      float64 // threshold to measure at; 0 = evaluate.DefaultThreshold
	// Temperature divides the logits of all predictions, of one class only; 0 = as they are.
	Temperature float64
	Patch       int  // side of the patches that the network was trained on, px; 0 = it was trained on whole images
	TimeBoth    bool // also time the other protocol than Settings.Test's, on the first sample; needs patches
	FS          durable.FS
	Folder      string            // for pictures of predicted probabilities
	Samples     string            // for pictures of the samples
	Recipe      datasets.Recipe   // how the samples were prepared
	Observer    progress.Observer // of each image
}

// Run predicts and measures the samples in order.
func (t *Tester) Run(ctx context.Context, ids []string) (Assessment, error) {
	if err := t.makeFolders(); err != nil {
		return Assessment{}, err
	}
	collector, err := t.newCollector()
	if err != nil {
		return Assessment{}, err
	}
	defer func() { _ = collector.Close() }()
	a := Assessment{}
	used, err := t.protocol(t.Settings.Test)
	if err != nil {
		return Assessment{}, err
	}
	cost := used.Inference
	phase := progress.Test
	if t.Settings.Assess == matrix.AssessValidation {
		phase = progress.Assess
	}
	var seconds float64
	for i, id := range ids {
		sample, err := t.Fold.Load(ctx, id)
		if err != nil {
			return Assessment{}, fmt.Errorf("load image %s: %w", id, err)
		}
		start := time.Now()
		probabilities, err := used.predict(ctx, sample)
		if err != nil {
			return Assessment{}, fmt.Errorf("predict %s: %w", id, err)
		}
		took := time.Since(start)
		if i > 0 || len(ids) == 1 { // the first one includes compiling the graph
			seconds += took.Seconds()
			cost.Samples++
		}
		cost.Width, cost.Height = sample.Width, sample.Height
		if sample, probabilities, err = t.measured(ctx, sample, probabilities); err != nil {
			return Assessment{}, err
		}
		processed, err := collector.add(sample, probabilities)
		if err != nil {
			return Assessment{}, err
		}
		if err := t.savePictures(sample, probabilities, processed); err != nil {
			return Assessment{}, err
		}
		t.Observer.Stepped(progress.Step{Phase: phase, Number: i + 1, Of: len(ids), Samples: 1, Took: took})
		if err := ctx.Err(); err != nil {
			return Assessment{}, err
		}
	}
	cost.SecondsPerSample = seconds / float64(max(1, cost.Samples))
	a.Costs = append(a.Costs, cost)
	if t.TimeBoth && t.Patch > 0 {
		other, err := t.timeOther(ctx, ids[0])
		if err != nil {
			return Assessment{}, err
		}
		a.Costs = append(a.Costs, other)
	}
	err = collector.finish(&a)
	return a, err
}

// measured is a prediction, calibrated, with what it is measured against: at the network's size, or resized back to the
// image's own.
func (t *Tester) measured(
	ctx context.Context, s *datasets.Sample, probabilities []float32,
) (*datasets.Sample, []float32, error) {
	if !t.Fold.Dataset.ResizesBack() {
		evaluate.Calibrate(probabilities, t.Temperature)
		return s, probabilities, nil
	}
	native, err := t.Fold.Native(ctx, s.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("load image %s: %w", s.ID, err)
	}
	from := datasets.Size{Width: s.Width, Height: s.Height}
	to := datasets.Size{Width: native.Width, Height: native.Height}
	probabilities = datasets.ResizeBack(probabilities, from, to)
	evaluate.Calibrate(probabilities, t.Temperature)
	return native, probabilities, nil
}
