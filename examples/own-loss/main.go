// Own-loss trains a U-Net on a loss that is written here, from a module of its own.
//
//	go run ./own-loss
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"r2unet/experiments"
	"r2unet/layers"
	"r2unet/layers/losses"

	G "gorgonia.org/gorgonia"
)

func init() {
	losses.Register("sensitivity", func(b *layers.Builder, logits, target *G.Node) *G.Node {
		return b.RegionLoss(logits, target, layers.RegionLoss{
			Name:  "sensitivity",
			Value: func(r layers.Region) float64 { return 1 - (r.Both+1)/(r.True+1) },
			Slope: func(r layers.Region) (both, predicted float64) { return -1 / (r.True + 1), 0 },
		})
	})
}

const matrix = `
[[architecture]]
name = "U-Net"
block = "forward"
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
loss = "bce + 0.5*sensitivity"
test-images = 2
`

func main() {
	out := flag.String("out", "results", "folder for results")
	flag.Parse()
	config := filepath.Join(*out, "own-loss.toml")
	err := os.MkdirAll(*out, 0o777)
	if err == nil {
		err = os.WriteFile(config, []byte(matrix), 0o666)
	}
	if err == nil {
		err = experiments.Sweep(context.Background(), experiments.Options{
			Config: config, Profile: "tiny", Out: *out, Device: "cpu", Seed: 1, Stdout: os.Stdout,
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(experiments.ExitCode(err))
	}
}
