package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device/cpu"
	"r2unet/layers/losses"
	"r2unet/layers/optimizers"
)

// gated is a small network with attention gates, and with a loss that runs by its definition and has a factor, so that
// it receives a gradient.
func gated(t *testing.T, optimizer string) Config {
	t.Helper()
	sum, err := losses.Parse("bce+0.5*focal")
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Arch:       arch.Config{Name: "gated", Block: "forward", Skip: "attention", Channels: []int{4, 8}},
		InChannels: 1, Loss: sum, Optimizer: optimizer, Seed: 3,
	}
}

// take takes batches of training from one number to another; an update comes after every `accumulate` of them.
func take(t *testing.T, m *Model, from, to, accumulate int) {
	t.Helper()
	for i := from; i < to; i++ {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		b := NewBatch(1+i%2, 1, 8, 8)
		for j := range b.Images {
			b.Images[j], b.Targets[j] = float32(random.NormFloat64()), float32(random.IntN(2))
		}
		start := func() error { return m.StartTrain(t.Context(), b, 0.01) }
		if (i+1)%accumulate > 0 {
			start = func() error { return m.StartAccumulate(t.Context(), b) }
		}
		if _, err := m.alone(start); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryOptimizerGoesOnAsIfItHadNotStopped: the next step depends on nothing but the state in a checkpoint, with
// weight decay, clipping and accumulation, of which a checkpoint may see a part; and the number of threads changes no
// bit.
func TestEveryOptimizerGoesOnAsIfItHadNotStopped(t *testing.T) {
	for _, name := range optimizers.Names() {
		plain := gated(t, name)
		full := plain
		full.WeightDecay, full.ClipNorm, full.Accumulate = 0.1, 0.05, true
		for _, c := range []struct {
			config                    Config
			accumulate, stopped, ends int
		}{{plain, 1, 1, 3}, {full, 3, 3, 6}, {full, 3, 4, 9}, {full, 3, 2, 6}} {
			t.Run(fmt.Sprintf("%s, decay %g, stopped after batch %d", name, c.config.WeightDecay, c.stopped),
				func(t *testing.T) {
					made := func(threads int) *Model {
						dev, err := cpu.New(threads)
						if err != nil {
							t.Fatal(err)
						}
						t.Cleanup(func() { dev.Close() })
						return newModel(t, c.config, dev)
					}
					whole, half, resumed := made(2), made(1), made(3)
					take(t, whole, 0, c.ends, c.accumulate)
					take(t, half, 0, c.stopped, c.accumulate)
					if err := resumed.Restore(stateOf(t, half)); err != nil {
						t.Fatal(err)
					}
					take(t, resumed, c.stopped, c.ends, c.accumulate)
					got, want := stateOf(t, resumed), stateOf(t, whole)
					if !sameBits(got, want) {
						t.Error("the resumed network differs")
					}
					if left := Weights(want); slices.ContainsFunc(left, func(t Tensor) bool {
						return strings.HasPrefix(t.Name, name+".") || strings.HasPrefix(t.Name, "accumulated.")
					}) {
						t.Error("the weights include state of the optimizer")
					}
					if sameBits(stateOf(t, half), want) {
						t.Error("the later steps changed nothing")
					}
					if resumed.batches != c.ends { // on which random draws depend
						t.Errorf("%d batches, %d counted", c.ends, resumed.batches)
					}
					if whole.Step() != c.ends/c.accumulate {
						t.Errorf("%d updates of %d batches", whole.Step(), c.ends)
					}
				})
		}
	}
}

// TestSettingsOfTheStepChangeWeights: each of them alone.
func TestSettingsOfTheStepChangeWeights(t *testing.T) {
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	after := func(c Config) []Tensor {
		m := newModel(t, c, dev)
		take(t, m, 0, 2, 1)
		return Weights(stateOf(t, m))
	}
	for _, name := range optimizers.Names() {
		plain := gated(t, name)
		decayed, clipped, unclipped, accumulated := plain, plain, plain, plain
		decayed.WeightDecay, clipped.ClipNorm, unclipped.ClipNorm, accumulated.Accumulate = 0.1, 0.05, 1e9, true
		want := after(plain)
		if sameBits(after(decayed), want) {
			t.Errorf("%s: weight decay changes nothing", name)
		}
		if sameBits(after(clipped), want) {
			t.Errorf("%s: clipping changes nothing", name)
		}
		if !sameBits(after(unclipped), want) {
			t.Errorf("%s: a large norm to clip to changes something", name)
		}
		if !sameBits(after(accumulated), want) {
			t.Errorf("%s: accumulating one batch changes something", name)
		}
	}
}

// TestAccumulatingNeedsItsMemory: it is an error, not a step that is lost.
func TestAccumulatingNeedsItsMemory(t *testing.T) {
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if err := newModel(t, gated(t, ""), dev).StartAccumulate(t.Context(), NewBatch(1, 1, 8, 8)); err == nil {
		t.Error("accumulated")
	}
}
