package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/ref"
)

// TestFrozenEncoderStaysAsItIs: weights and running statistics, under weight decay, clipping, accumulation and several
// blocks; the rest trains, alike on two devices.
func TestFrozenEncoderStaysAsItIs(t *testing.T) {
	fast, err := cpu.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fast.Close() }()
	for _, c := range []Config{
		{Arch: arch.Config{Block: "forward", Norm: "batch"}, Optimizer: "adamw", WeightDecay: 0.1},
		{Arch: arch.Config{Block: "recurrent-residual", T: 2, Weights: "shared", Norm: "batch"}, Optimizer: "sgd", WeightDecay: 0.1, ClipNorm: 0.1},
		{Arch: arch.Config{Block: "residual", Norm: "batch", Skip: "attention"}, Accumulate: true, Average: 0.5},
		{Arch: arch.Config{Block: "forward", Norm: "none"}},
	} {
		c.Arch.Name, c.Arch.Channels, c.InChannels, c.Seed, c.Freeze = "x", []int{4, 8, 8}, 1, 3, FreezeEncoder
		t.Run(fmt.Sprint(c.Arch.Block, " ", c.Optimizer), func(t *testing.T) {
			trained := map[device.Device][]Tensor{}
			for _, dev := range []device.Device{ref.New[float32](), fast} {
				m := newModel(t, c, dev)
				before := stateOf(t, m)
				for i := range 4 {
					if _, err := m.Train(t.Context(), batch(uint64(i), 2, 1, 8, 8), 0.05); err != nil {
						t.Fatal(err)
					}
				}
				after := stateOf(t, m)
				trained[dev] = after
				for i, was := range before {
					frozen, same := strings.Contains(was.Name, "encoder."), sameBits(before[i:i+1], after[i:i+1])
					if frozen && !same {
						t.Errorf("%s changed", was.Name)
					} else if !frozen && same && !strings.HasPrefix(was.Name, "accumulated.") {
						t.Errorf("%s did not change", was.Name)
					}
				}
			}
			for i, want := range trained[fast] {
				for _, other := range trained {
					for j, v := range other[i].Data {
						if math.Abs(float64(v-want.Data[j])) > 1e-2*(1e-2+math.Abs(float64(v))) {
							t.Fatalf("%s[%d] is %g on one device, %g on another", want.Name, j, v, want.Data[j])
						}
					}
				}
			}
		})
	}
	for name, c := range map[string]Config{
		"an unknown part":         {Arch: arch.Config{Block: "forward"}, Freeze: "decoder"},
		"the encoders of a W-Net": {Arch: arch.Config{Block: "forward", Style: "wnet"}, Freeze: FreezeEncoder},
	} {
		c.Arch.Name, c.Arch.Channels, c.InChannels = "x", []int{4, 8}, 1
		if _, err := New(c, fast); err == nil || !strings.Contains(err.Error(), "freeze = ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFrozenEncoderNormalizesWithRunningStatistics: training depends on them where the encoder is frozen, and only
// there.
func TestFrozenEncoderNormalizesWithRunningStatistics(t *testing.T) {
	for _, freeze := range []string{"", FreezeEncoder} {
		c := averaging()
		c.Freeze = freeze
		var losses []float64
		for _, mean := range []float32{0, 0.5} {
			m := newModel(t, c, ref.New[float32]())
			state := stateOf(t, m)
			for _, s := range state {
				if strings.HasPrefix(s.Name, "encoder.") && strings.HasSuffix(s.Name, "_mean") {
					for i := range s.Data {
						s.Data[i] = mean
					}
				}
			}
			if err := m.Restore(state); err != nil {
				t.Fatal(err)
			}
			metrics, err := m.Train(t.Context(), batch(1, 2, 1, 8, 8), 0.01)
			if err != nil {
				t.Fatal(err)
			}
			losses = append(losses, metrics.Loss)
		}
		if depends := losses[0] != losses[1]; depends != (freeze != "") {
			t.Errorf("freeze = %q: losses %v under two running means", freeze, losses)
		}
	}
}
