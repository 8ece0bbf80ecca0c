package model

import (
	"math/rand/v2"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device/cpu"
	"r2unet/layers"
)

// TestDroppingGoesOnWithTheSameBits: the masks of a network that was saved and restored are those of one that was not,
// and each step has others.
func TestDroppingGoesOnWithTheSameBits(t *testing.T) {
	const n, size = 2, 8
	random := rand.New(rand.NewPCG(1, 2))
	b := Batch{
		Images: make([]float32, n*size*size), Targets: make([]float32, n*size*size), N: n, C: 1, H: size, W: size,
	}
	for i := range b.Images {
		b.Images[i], b.Targets[i] = float32(random.NormFloat64()), float32(random.IntN(2))
	}
	for _, dropout := range []layers.Dropping{"elements(rate=0.3)", "channels(rate=0.3)", "block(rate=0.3,size=3)"} {
		dev, err := cpu.New(2)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = dev.Close() }()
		c := Config{
			Arch:       arch.Config{Name: "dropping", Block: "forward", Channels: []int{8, 8}, Dropout: dropout},
			InChannels: 1, Seed: 5,
		}
		train := func(m *Model, rate float64) float64 {
			metrics, err := m.Train(t.Context(), b, rate)
			if err != nil {
				t.Fatal(err)
			}
			return metrics.Loss
		}
		through, stopped := newModel(t, c, dev), newModel(t, c, dev)
		if first, second := train(through, 0), train(through, 0); first == second {
			t.Errorf("%s: two steps of the same weights have the loss %g", dropout, first)
		}
		train(stopped, 0)
		train(stopped, 0)
		state, err := stopped.Tensors()
		if err != nil {
			t.Fatal(err)
		}
		resumed := newModel(t, c, dev)
		if err := resumed.Restore(state); err != nil {
			t.Fatal(err)
		}
		if want, got := train(through, 1e-3), train(resumed, 1e-3); want != got {
			t.Errorf("%s: the third step has the loss %g, after a restoration %g", dropout, want, got)
		}
	}
}
