// Own-dataset trains a network on a dataset that is described here, from a module of its own. The pictures are drawn by
// this program; yours lie in a folder already.
//
//	go run ./own-dataset
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/experiments"
)

// Pictures are images/p1_w2.png, well 2 of plate 1, and its label is masks/p1_w2.png.
func init() {
	datasets.Register(datasets.Description{
		Name:         "Cells",
		Files:        "images/p1_w2.png, masks/p1_w2.png",
		Match:        match,
		Splits:       []datasets.Protocol{{Name: "plates", Divide: testPlates}},
		Grey:         true,
		SubjectNames: true,
	})
}

func match(path string) (files.Match, bool) {
	stem, ok := files.Stem(path)
	var plate, well int
	if n, _ := fmt.Sscanf(stem, "p%d_w%d", &plate, &well); !ok || n < 2 {
		return files.Match{}, false
	}
	role := files.Image
	switch files.FolderRole(path) {
	case files.Label, files.FOV: // "masks" alone may be either
		role = files.Label
	}
	return files.Match{ID: stem, Subject: fmt.Sprint(plate), Role: role}, true
}

// testPlates tests a quarter of the wells, whole plates.
func testPlates(entries []files.Entry, seed uint64) ([]datasets.Split, error) {
	return datasets.Drawn(entries, 0, len(entries)/4, datasets.ByPatient, seed)
}

const matrix = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [8, 16]

[[dataset]]
name = "Cells"
patch = 32
patches = 64
validation-patches = 16

[[experiment]]
name = "cells"

[profile.tiny]
epochs = 2
batch = 8
learning-rate = 1e-3
`

func main() {
	out := flag.String("out", "results", "folder for pictures and results")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(experiments.ExitCode(err))
	}
}

func run(out string) error {
	data, config := filepath.Join(out, "data"), filepath.Join(out, "own-dataset.toml")
	if err := drawPlates(filepath.Join(data, "Cells")); err != nil {
		return err
	}
	if err := os.WriteFile(config, []byte(matrix), 0o666); err != nil {
		return err
	}
	return experiments.Sweep(context.Background(), experiments.Options{
		Config: config, Profile: "tiny", Data: data, Out: out, Device: "cpu", Seed: 1, Stdout: os.Stdout,
	})
}

// drawPlates draws four plates of three wells, the same ones each time.
func drawPlates(dir string) error {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		well, mask := drawWell(r, 64)
		name := fmt.Sprintf("p%d_w%d.png", i/3+1, i%3+1)
		for folder, m := range map[string]image.Image{"images": well, "masks": mask} {
			if err := writePNG(filepath.Join(dir, folder, name), m); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawWell draws bright discs on noise.
func drawWell(r *rand.Rand, side int) (well, mask *image.Gray) {
	well, mask = image.NewGray(image.Rect(0, 0, side, side)), image.NewGray(image.Rect(0, 0, side, side))
	for i := range well.Pix {
		well.Pix[i] = uint8(40 + r.IntN(60))
	}
	for range 8 {
		cx, cy, radius := r.IntN(side), r.IntN(side), side/16+r.IntN(side/16)
		for i := range mask.Pix {
			if x, y := i%side-cx, i/side-cy; x*x+y*y < radius*radius {
				well.Pix[i], mask.Pix[i] = uint8(90+r.IntN(60)), 255
			}
		}
	}
	return well, mask
}

func writePNG(path string, m image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, m); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
