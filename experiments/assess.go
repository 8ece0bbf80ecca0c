package experiments

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/durable"
)

// assessment is what testing a trained network gives.
type assessment struct {
	measures  evaluate.Measures
	curves    evaluate.Curves
	inference evaluate.Inference
}

// tester measures a trained network on test images.
type tester struct {
	net      Network
	dataset  *datasets.Dataset
	settings matrix.Training
	fold     int
	patch    int // side of the patches where settings.Test = "patches", px
	fs       durable.FS
	folder   string // where predicted probabilities go as pictures
	report   func(phase progress.Phase, step, steps int)
	spent    func(phase progress.Phase, samples int, took time.Duration)
}

// run predicts and measures the samples in order.
func (t *tester) run(ctx context.Context, ids []string) (assessment, error) {
	if err := t.fs.MkdirAll(t.folder); err != nil {
		return assessment{}, fmt.Errorf("make folder for predictions: %w", err)
	}
	collector := evaluate.NewCollector(evaluate.Options{})
	defer collector.Close()
	a := assessment{inference: evaluate.Inference{Protocol: t.settings.Test}}
	var seconds float64
	for i, id := range ids {
		sample, err := t.dataset.LoadFold(t.fold, id)
		if err != nil {
			return assessment{}, fmt.Errorf("load test sample %s: %w", id, err)
		}
		start := time.Now()
		probabilities, err := t.predict(ctx, sample)
		if err != nil {
			return assessment{}, fmt.Errorf("predict %s: %w", id, err)
		}
		took := time.Since(start)
		if i > 0 || len(ids) == 1 { // the first prediction of a size also compiles its graph
			seconds += took.Seconds()
			a.inference.Samples++
		}
		a.inference.Width, a.inference.Height = sample.Width, sample.Height
		err = collector.Add(evaluate.Image{
			ID: id, Width: sample.Width, Height: sample.Height,
			Probabilities: probabilities, Truth: sample.Truth, FOV: sample.FOV,
		})
		if err != nil {
			return assessment{}, err
		}
		if err := t.save(id, probabilities, sample.Width, sample.Height); err != nil {
			return assessment{}, err
		}
		t.spent(progress.Test, 1, took)
		t.report(progress.Test, i+1, len(ids))
		if err := ctx.Err(); err != nil {
			return assessment{}, err
		}
	}
	a.inference.SecondsPerSample = seconds / float64(max(1, a.inference.Samples))
	var err error
	if a.measures, err = collector.Measures(); err != nil {
		return assessment{}, err
	}
	a.curves, err = collector.Curves()
	return a, err
}

// predict returns the probabilities [H, W] of one sample.
func (t *tester) predict(ctx context.Context, s *datasets.Sample) ([]float32, error) {
	probabilities := make([]float32, s.Width*s.Height)
	if t.settings.Test == "patches" {
		windows := Windows{Side: t.patch, Stride: t.settings.Stride, Batch: t.settings.Batch}
		return probabilities, windows.Predict(ctx, t.net, probabilities, s.Image, s.Channels, s.Height, s.Width)
	}
	return probabilities, t.net.Predict(ctx, probabilities, s.Image, 1, s.Height, s.Width)
}

// save writes probabilities as a grey picture: 0 is black, 1 is white.
func (t *tester) save(id string, probabilities []float32, width, height int) error {
	picture, err := ProbabilityPNG(probabilities, width, height)
	if err != nil {
		return fmt.Errorf("encode prediction of %s: %w", id, err)
	}
	return durable.WriteBytes(t.fs, filepath.Join(t.folder, filepath.Base(id)+".png"), picture)
}

// ProbabilityPNG encodes probabilities [H, W] in [0, 1] as an 8-bit grey PNG.
func ProbabilityPNG(probabilities []float32, width, height int) ([]byte, error) {
	grey := image.NewGray(image.Rect(0, 0, width, height))
	for i, p := range probabilities {
		grey.Pix[i] = uint8(p*255 + 0.5)
	}
	var out bytes.Buffer
	err := png.Encode(&out, grey)
	return out.Bytes(), err
}
