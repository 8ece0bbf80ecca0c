// Own-block trains a network whose block is written here, beside a U-Net, and segments images with it, from a module of
// its own.
//
//	go run ./own-block
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"r2unet/arch"
	"r2unet/experiments"
	"r2unet/experiments/segment"
	"r2unet/layers"

	G "gorgonia.org/gorgonia"
)

func init() {
	arch.Register("inner-residual", false, func(c arch.Config) arch.Block { return innerResidual{c.Norm} })
}

// innerResidual is h + C3(C2(h)), h = C1(x).
type innerResidual struct{ norm layers.Normalization }

func (r innerResidual) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	h := b.ConvUnit(name+".units.0", x, out, r.norm, nil)
	u := b.ConvUnit(name+".units.1", h, out, r.norm, nil)
	return b.ConvUnit(name+".units.2", u, out, r.norm, h)
}

const matrix = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [8, 16]

[[architecture]]
name = "Inner residual"
block = "inner-residual"
channels = [8, 16]

[[dataset]]
name = "DRIVE"
patch = 32
patches = 64
validation-patches = 16
phantom-images = 10
phantom-shrink = 4

[[experiment]]
name = "vessels"

[profile.tiny]
epochs = 2
batch = 8
learning-rate = 1e-3
test-images = 2
`

func main() {
	out := flag.String("out", "results", "folder for results")
	flag.Parse()
	err := train(*out)
	if err == nil {
		err = segmentTestImages(*out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(experiments.ExitCode(err))
	}
}

func train(out string) error {
	config := filepath.Join(out, "own-block.toml")
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(config, []byte(matrix), 0o666); err != nil {
		return err
	}
	return experiments.Sweep(context.Background(), experiments.Options{
		Config: config, Profile: "tiny", Out: out, Device: "cpu", Seed: 1, Stdout: os.Stdout,
	})
}

// segmentTestImages applies the trained network of the own block to the images that were drawn for testing.
func segmentTestImages(out string) error {
	runs, err := filepath.Glob(filepath.Join(out, "tiny", "runs", "*-inner-residual-*"))
	if err != nil || len(runs) == 0 {
		return fmt.Errorf("no run of the own block below %s (%v)", out, err)
	}
	images, err := filepath.Glob(filepath.Join(out, "cache", "phantoms", "*", "DRIVE", "test", "images"))
	if err != nil || len(images) == 0 {
		return fmt.Errorf("no images below %s (%v)", out, err)
	}
	return segment.Run(context.Background(), segment.Options{
		Checkpoints: []string{runs[0]}, Images: []string{images[0]}, Out: filepath.Join(out, "segmented"),
		Settings: segment.Settings{Threshold: 0.5}, Device: "cpu", Code: experiments.Code(), Stdout: os.Stdout,
	})
}
