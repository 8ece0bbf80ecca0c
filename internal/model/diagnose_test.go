package model

import (
	"math"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device/ref"
)

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
