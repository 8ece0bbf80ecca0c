package model

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"r2unet/arch"
	"r2unet/internal/device/ref"
	"r2unet/layers"
	"r2unet/layers/losses"
)

// init registers a loss whose value alone is not finite.
func init() {
	losses.Register("test-nan", func(b *layers.Builder, logits, target *G.Node) *G.Node {
		return b.PixelLoss(logits, target, layers.PixelLoss{
			Name:  "test-nan",
			Value: func(_, _ float64) float64 { return math.NaN() },
			Slope: func(_, _ float64) float64 { return 1 },
		})
	})
}

func TestFirstNotFiniteNamesTheOperator(t *testing.T) {
	c := Config{
		Arch:       arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Channels: []int{2, 3}},
		InChannels: 1,
		Seed:       1,
	}
	m, err := New(c, ref.New[float32]())
	if err != nil {
		t.Fatal(err)
	}
	batch := NewBatch(2, 1, 8, 8)
	for i := range batch.Images {
		batch.Images[i] = float32(i%7) - 3
		batch.Targets[i] = float32(i % 2)
	}
	first := func() string {
		t.Helper()
		name, err := m.FirstNotFinite(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	if got := first(); got != "" {
		t.Errorf("a sound network: %q", got)
	}
	sound := m.config.Loss
	m.config.Loss = losses.Sum{{Factor: 1, Name: "test-nan"}}
	if got := first(); !strings.Contains(got, "test-nan") {
		t.Errorf("a loss that is NaN, with a finite slope: %q", got)
	}
	m.config.Loss = sound
	state, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	const large = "decoder.0.units.0.forward_conv.weight"
	for _, s := range state {
		if s.Name == large {
			for i := range s.Data {
				s.Data[i] = 3e38
			}
		}
	}
	if err := m.Restore(state); err != nil {
		t.Fatal(err)
	}
	if got := first(); !strings.Contains(got, large) {
		t.Errorf("got %q; want the convolution of %s", got, large)
	}
	batch.Images[5] = float32(math.NaN())
	if got := first(); !strings.Contains(got, "image") {
		t.Errorf("with a NaN in the batch: %q; want the first operator that takes the image", got)
	}
}
