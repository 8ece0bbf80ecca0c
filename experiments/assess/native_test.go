package assess

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"r2unet/datasets"
	"r2unet/evaluate/measures"
	"r2unet/experiments/matrix"
	"r2unet/internal/durable"
)

// TestPredictionsOfOwnPicturesAreMeasuredAtNativeSize: resized back, against the labels as they are stored.
func TestPredictionsOfOwnPicturesAreMeasuredAtNativeSize(t *testing.T) {
	const width, height = 48, 30
	root := t.TempDir()
	for i := range 4 {
		name := fmt.Sprintf("%d.png", i)
		draw := func(folder string, shade func(x, y int) uint8) {
			m := image.NewGray(image.Rect(0, 0, width, height))
			for p := range width * height {
				m.SetGray(p%width, p/width, color.Gray{Y: shade(p%width, p/width)})
			}
			if err := os.MkdirAll(filepath.Join(root, "Bars", folder), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(filepath.Join(root, "Bars", folder, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := png.Encode(f, m); err != nil {
				t.Fatal(err)
			}
		}
		bars := func(x, _ int) uint8 { return uint8(255 * (1 - x/20%2)) } // over half of the image, which is lit there
		draw("images", bars)
		draw("masks", bars)
	}
	config := datasets.Config{
		Name: "Bars", Kind: datasets.KindFolder, Images: "images/*.png", Labels: "masks/{stem}.png", Input: "grey",
		Normalize: "image", Size: datasets.Size{Width: 24, Height: 16}, Cache: t.TempDir(),
	}
	for at, want := range map[string][2]int{
		"": {width, height}, datasets.AtNative: {width, height}, datasets.AtNetwork: {24, 16},
	} {
		config.MeasureAt = at
		ds, err := datasets.Open(t.Context(), config, root, 1)
		if err != nil {
			t.Fatal(err)
		}
		fold, err := ds.Fold(0)
		if err != nil {
			t.Fatal(err)
		}
		tester := &Tester{
			Net: pixelwise{}, Fold: fold, Settings: matrix.Training{Test: "whole", Batch: 1},
			FS: durable.OS, Folder: t.TempDir(), Samples: t.TempDir(), Observer: unobserved{},
		}
		a, err := tester.Run(t.Context(), fold.Test)
		if err != nil {
			t.Fatal(err)
		}
		if dice := a.Measures.Inside.Micro.Of(measures.F1); dice < 0.9 {
			t.Errorf("measured at %q: F1 %g", at, dice)
		}
		tester.Temperature = 3
		calibrated, err := tester.Run(t.Context(), fold.Test)
		if err != nil {
			t.Fatal(err)
		}
		was, is := a.Measures.Inside.Micro, calibrated.Measures.Inside.Micro
		if was.Counts != is.Counts || was.Of(measures.MSE) == is.Of(measures.MSE) {
			t.Errorf("measured at %q: %+v, at a temperature of 3 %+v", at, was, is)
		}
		tester.Temperature = 0
		choice, err := tester.ChooseThreshold(t.Context(), fold.Test)
		if err != nil {
			t.Fatal(err)
		}
		tester.Cut = choice.Threshold
		if a, err = tester.Run(t.Context(), fold.Test); err != nil {
			t.Fatal(err)
		}
		if dice := a.Measures.Inside.Micro.Of(measures.F1); dice != choice.F1 || a.Threshold != choice.Threshold {
			t.Errorf("measured at %q: F1 %g at threshold %g; %+v was chosen on the same images",
				at, dice, a.Threshold, choice)
		}
		if c := a.Costs[0]; c.Width != 24 || c.Height != 16 {
			t.Errorf("measured at %q: the network was timed on %d×%d px", at, c.Width, c.Height)
		}
		for _, folder := range []string{
			tester.Folder, filepath.Join(tester.Samples, "truths"), filepath.Join(tester.Samples, "inputs"),
		} {
			f, err := os.Open(filepath.Join(folder, fold.Test[0]+".png"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := png.DecodeConfig(f)
			f.Close()
			if err != nil || c.Width != want[0] || c.Height != want[1] {
				t.Errorf("measured at %q: %s has %d×%d px (%v), expected %v", at, folder, c.Width, c.Height, err, want)
			}
		}
	}
}
