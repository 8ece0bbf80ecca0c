package assess

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
)

// Choice is a threshold chosen on images.
type Choice struct {
	Threshold float64  `json:"threshold"`
	F1        float64  `json:"f1"`     // of all pixels of the images inside their fields of view, in one count
	From      string   `json:"from"`   // "validation" or "training"
	Images    []string `json:"images"` // that have chosen it
}

// Calibration is a temperature chosen on images.
type Calibration struct {
	evaluate.Calibration
	From   string   `json:"from"`   // "validation"
	Images []string `json:"images"` // that have chosen it
}

// ChooseTemperature predicts samples as Run does and returns the temperature at which their cross-entropy is smallest.
// It is that of predictions without Tester.Temperature.
func (t *Tester) ChooseTemperature(ctx context.Context, ids []string) (Calibration, error) {
	plain := *t
	plain.Temperature = 0
	collector, err := plain.collect(ctx, progress.Calibrate, ids)
	if err != nil {
		return Calibration{}, err
	}
	defer func() { _ = collector.Close() }()
	best, err := collector.BestTemperature()
	if err != nil {
		return Calibration{}, fmt.Errorf("choose a temperature on validation images: %w", err)
	}
	return Calibration{Calibration: best, From: matrix.TemperatureValidation, Images: ids}, nil
}

// ChooseThreshold predicts samples as Run does and returns the threshold at which their F1 is largest.
func (t *Tester) ChooseThreshold(ctx context.Context, ids []string) (Choice, error) {
	choice := Choice{From: t.Settings.Threshold, Images: ids}
	collector, err := t.collect(ctx, progress.Choose, ids)
	if err != nil {
		return Choice{}, err
	}
	defer func() { _ = collector.Close() }()
	if choice.Threshold, choice.F1, err = collector.BestThreshold(); err != nil {
		return Choice{}, err
	}
	if math.IsNaN(choice.F1) {
		return Choice{}, errors.New("choose a threshold: the " + t.Settings.Threshold + " images have no foreground")
	}
	return choice, nil
}

// collect predicts and measures samples of one class. The caller closes the collector.
func (t *Tester) collect(ctx context.Context, phase progress.Phase, ids []string) (*evaluate.Collector, error) {
	collector := oneCollector{Collector: evaluate.NewCollector(evaluate.Options{})}
	if err := t.addAll(ctx, collector, phase, ids); err != nil {
		_ = collector.Close()
		return nil, err
	}
	return collector.Collector, nil
}

// addAll predicts samples and adds them to a collector.
func (t *Tester) addAll(ctx context.Context, collector collector, phase progress.Phase, ids []string) error {
	used, err := t.protocol(t.Settings.Test)
	if err != nil {
		return err
	}
	for i, id := range ids {
		sample, err := t.Fold.Load(ctx, id)
		if err != nil {
			return fmt.Errorf("load image %s: %w", id, err)
		}
		start := time.Now()
		probabilities, err := used.predict(ctx, sample)
		if err != nil {
			return fmt.Errorf("predict %s: %w", id, err)
		}
		if sample, probabilities, err = t.measured(ctx, sample, probabilities); err != nil {
			return err
		}
		if _, err := collector.add(sample, probabilities); err != nil {
			return err
		}
		t.Observer.Stepped(progress.Step{
			Phase: phase, Number: i + 1, Of: len(ids), Samples: 1, Took: time.Since(start),
		})
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
