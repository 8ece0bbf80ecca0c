package arch_test

import (
	"testing"

	G "gorgonia.org/gorgonia"

	"r2unet/arch"
	"r2unet/layers"
)

type addition struct{}

func (addition) Join(b *layers.Builder, _ string, skip, up *G.Node) *G.Node { return b.Sum(skip, up) }

func init() { arch.RegisterSkip("test-addition", func(arch.Config) arch.Skip { return addition{} }) }

// TestASkipThatDoesNotGoWithItsStyleIsNamed, and goes with the style where the sizes of maps allow it.
func TestASkipThatDoesNotGoWithItsStyleIsNamed(t *testing.T) {
	c := arch.Config{Name: "sums", Block: "forward", Skip: "test-addition", Style: "unet++"}
	for style, channels := range map[string][]int{"unet": {4, 8, 16}, "wnet": {4, 8, 16}, "unet++": {4, 8}} {
		c.Style, c.Channels = style, channels
		if err := c.WithDefaults().Check(); err != nil {
			t.Error(err)
		}
	}
	c.Style, c.Channels = "unet++", []int{4, 8, 16}
	const want = `skip = "test-addition": does not work in the style unet++ of 3 levels, ` +
		`whose skip.1.0 joins 8 channels and 4: take another skip or style: sum: b: shape (1, 4, 4, 4), expected [1 8 4 4]`
	if err := c.WithDefaults().Check(); err == nil || err.Error() != want {
		t.Errorf("got %v, expected %s", err, want)
	}
}
