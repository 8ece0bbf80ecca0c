package assess

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"r2unet/evaluate"
	"r2unet/experiments/progress"
)

// Choice is a threshold chosen on images.
type Choice struct {
	Threshold float64  `json:"threshold"`
	F1        float64  `json:"f1"`     // of all pixels of the images inside their fields of view, in one count
	From      string   `json:"from"`   // "validation" or "training"
	Images    []string `json:"images"` // that have chosen it
}

// ChooseThreshold predicts samples as Run does and returns the threshold at which their F1 is largest.
func (t *Tester) ChooseThreshold(ctx context.Context, ids []string) (Choice, error) {
	choice := Choice{From: t.Settings.Threshold, Images: ids}
	collector := oneCollector{evaluate.NewCollector(evaluate.Options{})}
	defer func() { _ = collector.Close() }()
	used := t.protocol(t.Settings.Test)
	for i, id := range ids {
		sample, err := t.Fold.Load(ctx, id)
		if err != nil {
			return Choice{}, fmt.Errorf("load image %s: %w", id, err)
		}
		start := time.Now()
		probabilities, err := used.predict(ctx, sample)
		if err != nil {
			return Choice{}, fmt.Errorf("predict %s: %w", id, err)
		}
		if sample, probabilities, err = t.measured(ctx, sample, probabilities); err != nil {
			return Choice{}, err
		}
		if err := collector.add(sample, probabilities); err != nil {
			return Choice{}, err
		}
		t.Observer.Stepped(progress.Step{
			Phase: progress.Choose, Number: i + 1, Of: len(ids), Samples: 1, Took: time.Since(start),
		})
		if err := ctx.Err(); err != nil {
			return Choice{}, err
		}
	}
	var err error
	if choice.Threshold, choice.F1, err = collector.BestThreshold(); err != nil {
		return Choice{}, err
	}
	if math.IsNaN(choice.F1) {
		return Choice{}, errors.New("choose a threshold: the " + t.Settings.Threshold + " images have no foreground")
	}
	return choice, nil
}
