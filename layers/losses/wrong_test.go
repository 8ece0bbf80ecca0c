package losses_test

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/layers"
	"r2unet/layers/losses"
)

// TestLossThatIsNoneIsRefused by its name.
func TestLossThatIsNoneIsRefused(t *testing.T) {
	number := func(_, _ float64) float64 { return 0 }
	for name, c := range map[string]struct {
		loss losses.Loss
		want string
	}{
		"test-nothing": {func(*layers.Builder, *G.Node, *G.Node) *G.Node { return nil }, "returns no node"},
		"test-map":     {func(_ *layers.Builder, logits, _ *G.Node) *G.Node { return logits }, "expected one number"},
		"test-flat": {func(b *layers.Builder, logits, target *G.Node) *G.Node {
			return b.PixelLoss(logits, target, layers.PixelLoss{Name: "test-flat", Value: number})
		}, "needs Value and Slope"},
		"test-region": {func(b *layers.Builder, logits, target *G.Node) *G.Node {
			return b.RegionLoss(logits, target, layers.RegionLoss{Name: "test-region"})
		}, "needs Value and Slope"},
	} {
		losses.Register(name, c.loss)
		sum, err := losses.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		b := layers.NewBuilder(&layers.Params{}, true, tensor.Float32)
		sum.Build(b, b.Input("image", 1, 1, 4, 4), b.Input("target", 1, 1, 4, 4))
		err = b.Err()
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
