package datasets

import (
	"image"
	"slices"
	"testing"
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

// sourceOf returns what patches and whole images have in common.
func sourceOf(s Source) *source {
	if p, ok := s.(*patches); ok {
		return &p.source
	}
	return &s.(*whole).source
}
