package datasets

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"r2unet/datasets/augment"
)

// TestCutMixPastesPartsOfOtherSamples compares samples with and without it: they differ within the rectangle alone,
// and are the same whenever they are drawn.
func TestCutMixPastesPartsOfOtherSamples(t *testing.T) {
	once := phantomConfigs["STARE"]
	once.Draw = "once"
	for name, c := range map[string]Config{
		"patches": phantomConfigs["DRIVE"], "a set of patches": once, "whole images": phantomConfigs["Lung"],
	} {
		c.Augment.Flip = true
		plain := trainSource(t, smallPhantom(t, c))
		c.Augment.CutMix, c.Augment.CutMixP = 1, 0.7
		mixed := trainSource(t, smallPhantom(t, c))
		channels, h, w := mixed.Shape()
		pasted, differ := 0, 0
		for i := range 2 * min(mixed.Len(), 8) {
			epoch, i := 1+i%2, i/2
			a, at := fill(t, plain, epoch, i)
			b, bt := fill(t, mixed, epoch, i)
			again, againTarget := fill(t, mixed, epoch, i)
			if !slices.Equal(b, again) || !slices.Equal(bt, againTarget) {
				t.Fatalf("%s: the same sample differs", name)
			}
			part := c.Augment.DrawCutMix(sourceOf(mixed).streams(epoch, i), h, w)
			if !part.Empty() {
				pasted++
			}
			for k := range b {
				switch same := b[k] == a[k] && bt[k%(h*w)] == at[k%(h*w)]; {
				case same:
				case !image.Pt(k%w, k/w%h).In(part):
					t.Fatalf("%s: pixel %d outside %v differs", name, k, part)
				default:
					differ++
				}
			}
		}
		if pasted == 0 || pasted == 2*min(mixed.Len(), 8) || differ < channels*h*w/10 {
			t.Errorf("%s: %d samples have a part of another one, and %d values differ", name, pasted, differ)
		}
	}
}

// TestCutMixTakesOtherImages in their own augmentation: whole images of one shade each, and then all of one shade that
// are brightened.
func TestCutMixTakesOtherImages(t *testing.T) {
	for name, c := range map[string]struct {
		shade   func(i int) uint8
		augment augment.Config
	}{
		"other images":      {func(i int) uint8 { return uint8(20 + 20*i) }, augment.Config{}},
		"own augmentations": {func(int) uint8 { return 100 }, augment.Config{BrightnessFactor: 0.5}},
	} {
		root := t.TempDir()
		for i := range 10 {
			images, masks := filepath.Join(root, "Wells-T", "images"), filepath.Join(root, "Wells-T", "masks")
			must(t, os.MkdirAll(images, 0o777))
			must(t, os.MkdirAll(masks, 0o777))
			name := fmt.Sprintf("%d.png", i)
			writePNG(t, filepath.Join(images, name), 16, 16, func(m *image.Gray) {
				for k := range m.Pix {
					m.Pix[k] = c.shade(i)
				}
			})
			writePNG(t, filepath.Join(masks, name), 16, 16, func(m *image.Gray) { m.Pix[5] = 255 })
		}
		c.augment.CutMix = 1
		ds, err := Open(t.Context(), Config{
			Name: "Wells-T", Kind: KindFolder, Images: "images/*.png", Labels: "masks/{stem}.png", Cache: t.TempDir(),
			Input: "grey", Normalize: "none", Augment: c.augment,
		}, root, 1)
		must(t, err)
		source := trainSource(t, ds)
		pasted, differ := 0, 0
		for epoch := 1; epoch <= 8; epoch++ {
			for i := range source.Len() {
				part := c.augment.DrawCutMix(sourceOf(source).streams(epoch, i), 16, 16)
				if part.Empty() || part.Dx()*part.Dy() == 256 {
					continue
				}
				pixels, _ := fill(t, source, epoch, i)
				values := map[float32]bool{}
				for _, v := range pixels {
					values[v] = true
				}
				pasted++
				if len(values) == 2 {
					differ++
				}
			}
		}
		if pasted < 10 || differ < pasted/2 {
			t.Errorf("%s: %d of %d samples have a part that differs", name, differ, pasted)
		}
	}
}

// sourceOf returns what patches and whole images have in common.
func sourceOf(s Source) *source {
	if p, ok := s.(*patches); ok {
		return &p.source
	}
	return &s.(*whole).source
}
