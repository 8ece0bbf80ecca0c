package model

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device/cpu"
	"r2unet/layers/losses"
	"r2unet/layers/optimizers"
)

// TestEveryOptimizerGoesOnAsIfItHadNotStopped: the next step depends on nothing but the state in a checkpoint. The
// loss runs by its definition and has a factor, so that it receives a gradient.
func TestEveryOptimizerGoesOnAsIfItHadNotStopped(t *testing.T) {
	dev, err := cpu.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for _, name := range optimizers.Names() {
		t.Run(name, func(t *testing.T) {
			sum, err := losses.Parse("bce+0.5*focal")
			if err != nil {
				t.Fatal(err)
			}
			config := Config{
				Arch:       arch.Config{Name: "gated", Block: "forward", Skip: "attention", Channels: []int{4, 8}},
				InChannels: 1, Loss: sum, Optimizer: name, Seed: 3,
			}
			steps := func(m *Model, from, to int) {
				for i := from; i < to; i++ {
					random := rand.New(rand.NewPCG(1, uint64(i)))
					b := NewBatch(2, 1, 8, 8)
					for j := range b.Images {
						b.Images[j], b.Targets[j] = float32(random.NormFloat64()), float32(random.IntN(2))
					}
					if _, err := m.Train(t.Context(), b, 0.01); err != nil {
						t.Fatal(err)
					}
				}
			}
			whole := newModel(t, config, dev)
			steps(whole, 0, 3)
			half := newModel(t, config, dev)
			steps(half, 0, 1)
			resumed := newModel(t, config, dev)
			if err := resumed.Restore(stateOf(t, half)); err != nil {
				t.Fatal(err)
			}
			steps(resumed, 1, 3)
			got, want := stateOf(t, resumed), stateOf(t, whole)
			if !sameBits(got, want) {
				t.Error("the resumed network differs")
			}
			if left := Weights(want); slices.ContainsFunc(left, func(t Tensor) bool {
				return strings.HasPrefix(t.Name, name+".")
			}) {
				t.Error("the weights include state of the optimizer")
			}
			if sameBits(stateOf(t, half), want) {
				t.Error("two steps changed nothing")
			}
		})
	}
}
