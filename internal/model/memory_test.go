package model

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/layers"
)

// plain is a device whose convolutions do not overwrite what is added to them.
type plain struct{ device.Device }

// TestOneImageAtATimeGivesTheBitsOfABatch: passes of one image, whose maps lie in the unused halves of concatenations
// and over residuals, give what one pass of all images gives, whose maps do not.
func TestOneImageAtATimeGivesTheBitsOfABatch(t *testing.T) {
	var file struct{ Architecture []arch.Config }
	if _, err := toml.DecodeFile("../../examples/zoo.toml", &file); err != nil {
		t.Fatal(err)
	}
	networks := file.Architecture
	for _, weights := range []layers.Sharing{"tied", "shared", "per-step"} {
		for _, block := range []string{"recurrent", "recurrent-residual"} {
			networks = append(networks, arch.Config{
				Name: fmt.Sprintf("%s, %s", block, weights), Block: block, T: 2, Weights: weights,
			})
		}
	}
	dev, err := cpu.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for _, a := range networks {
		for _, size := range [][2]int{{32, 32}, {29, 19}} {
			h, w := size[0], size[1]
			c := Config{Arch: a, InChannels: 3}
			images := batch(5, 2, 3, h, w)
			want, got := make([]float32, 2*h*w), make([]float32, 2*h*w)
			if err := newModel(t, c, plain{dev}).Predict(context.Background(), want, images); err != nil {
				t.Fatal(err)
			}
			one := newModel(t, c, dev)
			multiple := one.config.Arch.Multiple()
			pixels := roundUp(h, multiple) * roundUp(w, multiple)
			if p, err := one.passes(2, h, w, pixels); err != nil || p.images != 1 || p.h*p.w != pixels {
				t.Fatalf("%s: %+v, %v", a.Name, p, err)
			}
			if err := one.PredictIn(context.Background(), got, images, pixels); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(want, got) {
				t.Errorf("%s, %d×%d px: other bits", a.Name, w, h)
			}
		}
	}
}

// TestPassesHoldEquallyManyImages, as many as the largest pass allows.
func TestPassesHoldEquallyManyImages(t *testing.T) {
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	m := newModel(t, small, dev)
	for _, c := range []struct{ n, largest, want int }{
		{8, 8 * 1024, 8}, {8, 7 * 1024, 4}, {6, 5 * 1024, 3}, {7, 6 * 1024, 1}, {8, 1024, 1}, {1, 1 << 20, 1},
	} {
		if p, err := m.passes(c.n, 32, 32, c.largest); err != nil || p.images != c.want {
			t.Errorf("%+v: %d images, %v", c, p.images, err)
		}
	}
}
