package assess

import (
	"context"
	"fmt"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/internal/model"
)

// protocol predicts images in one pass or from overlapping patches.
type protocol struct {
	evaluate.Inference // its name and stride
	net                Predictor
	outputs            int       // probability maps
	windows            Windows   // of patches
	way                Predictor // of whole images, through windows and symmetries
}

// protocol returns the protocol of a name, "whole" or "patches", under the symmetries of the settings. If they have no
// stride, patches overlap by half.
func (t *Tester) protocol(name string) (p protocol, err error) {
	p = protocol{Inference: evaluate.Inference{Protocol: name}, net: t.Net, outputs: t.outputs(), way: t.Net}
	if name == "patches" {
		p.Stride = t.Settings.Stride
		if p.Stride == 0 {
			p.Stride = max(1, t.Patch/2)
		}
		p.windows = Windows{Side: t.Patch, Stride: p.Stride, Batch: t.Settings.Batch}
		p.way = p.windows.Of(t.Net)
	}
	p.way, err = Symmetric(p.way, t.Settings.TTA)
	return p, err
}

// Batch returns one sample as a batch.
func Batch(s *datasets.Sample) model.Batch {
	return model.Batch{Images: s.Image, N: 1, C: s.Channels, H: s.Height, W: s.Width}
}

// predict returns the probabilities [K, H, W] of one sample.
func (p protocol) predict(ctx context.Context, s *datasets.Sample) ([]float32, error) {
	probabilities := make([]float32, p.outputs*s.Width*s.Height)
	return probabilities, p.way.Predict(ctx, probabilities, Batch(s))
}

// warm compiles the graphs for predicting a sample, so that they are not part of its time.
func (p protocol) warm(ctx context.Context, s *datasets.Sample) error {
	if p.Protocol != "patches" {
		_, err := p.predict(ctx, s)
		return err
	}
	area, all := p.windows.Side*p.windows.Side, p.windows.Count(s.Height, s.Width)
	for _, n := range []int{min(p.windows.Batch, all), all % p.windows.Batch} {
		if n == 0 {
			continue
		}
		if err := p.net.Predict(ctx, make([]float32, n*p.outputs*area), p.windows.patches(n, s.Channels)); err != nil {
			return err
		}
	}
	return nil
}

// timeOther times the protocol that is not measured, on one sample, and discards the prediction.
func (t *Tester) timeOther(ctx context.Context, id string) (evaluate.Inference, error) {
	name := "patches"
	if t.Settings.Test == "patches" {
		name = "whole"
	}
	other, err := t.protocol(name)
	if err != nil {
		return evaluate.Inference{}, err
	}
	sample, err := t.Fold.Load(ctx, id)
	if err != nil {
		return evaluate.Inference{}, fmt.Errorf("load image %s: %w", id, err)
	}
	err = other.warm(ctx, sample)
	start := time.Now()
	if err == nil {
		_, err = other.predict(ctx, sample)
	}
	if err != nil {
		return evaluate.Inference{}, fmt.Errorf("time %s of %s: %w", other.Protocol, id, err)
	}
	cost := other.Inference
	cost.Width, cost.Height, cost.Samples = sample.Width, sample.Height, 1
	cost.SecondsPerSample = time.Since(start).Seconds()
	return cost, nil
}
