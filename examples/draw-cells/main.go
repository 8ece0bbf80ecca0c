// Command draw-cells draws the pictures of docs/tutorial.md: stained cells with their nuclei among debris, in uneven
// light, as images/cells-01.png and so on, and their labels as masks/cells-01.png. Labels are white where there is a
// cell or, with -classes, 0 for the background, 1 for the body of a cell and 2 for its nucleus.
package main

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

const width, height = 96, 64 // px

func main() {
	log.SetFlags(0)
	out := flag.String("out", "cells", "`folder` to draw into")
	images := flag.Int("images", 30, "`number` of images")
	classes := flag.Bool("classes", false, "label bodies 1 and nuclei 2")
	seed := flag.Uint64("seed", 1, "of what is drawn")
	flag.Parse()
	for i := range *images {
		r := rand.New(rand.NewPCG(*seed, uint64(i)))
		picture, label := draw(r)
		if !*classes {
			for p, v := range label.Pix {
				label.Pix[p] = 255 * min(1, v)
			}
		}
		name := fmt.Sprintf("cells-%02d.png", i+1)
		for folder, m := range map[string]image.Image{"images": picture, "masks": label} {
			if err := write(filepath.Join(*out, folder, name), m); err != nil {
				log.Fatalf("draw-cells: %v", err)
			}
		}
	}
	fmt.Printf("%d images of %d×%d px with their labels: %s\n", *images, width, height, *out)
}

func write(path string, m image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		return err
	}
	return f.Close()
}

// blob is an ellipse with a wavy outline.
type blob struct{ x, y, a, b, turn, wave, phase float64 }

// depth is above 0 inside of the blob and 1 in its centre.
func (e blob) depth(x, y float64) float64 {
	dx, dy := x-e.x, y-e.y
	s, c := math.Sincos(e.turn)
	u, v := (c*dx+s*dy)/e.a, (c*dy-s*dx)/e.b
	return 1 - math.Hypot(u, v)/(1+e.wave*math.Sin(3*math.Atan2(v, u)+e.phase))
}

// draw draws a picture and its label.
func draw(r *rand.Rand) (*image.RGBA, *image.Gray) {
	place := func(size float64) blob {
		return blob{
			x: width * r.Float64(), y: height * r.Float64(),
			a: size * (0.8 + 0.5*r.Float64()), b: size * (0.7 + 0.3*r.Float64()),
			turn: math.Pi * r.Float64(), wave: 0.12 * r.Float64(), phase: 2 * math.Pi * r.Float64(),
		}
	}
	var bodies, nuclei, debris []blob
	for range 4 + r.IntN(5) {
		body := place(11 + 4*r.Float64())
		nucleus := body
		nucleus.a, nucleus.b = 0.45*body.a, 0.45*body.b
		nucleus.x, nucleus.y = body.x+2*r.NormFloat64(), body.y+2*r.NormFloat64()
		bodies, nuclei = append(bodies, body), append(nuclei, nucleus)
	}
	for range 3 + r.IntN(6) { // as dark as nuclei, and no cells
		debris = append(debris, place(1.5+1.5*r.Float64()))
	}
	inside := func(list []blob, x, y float64) float64 {
		most := 0.0
		for _, e := range list {
			most = max(most, e.depth(x, y))
		}
		return min(1, 4*most) // soft edges
	}
	picture, label := image.NewRGBA(image.Rect(0, 0, width, height)), image.NewGray(image.Rect(0, 0, width, height))
	light, tilt := 0.8+0.25*r.Float64(), 0.25*r.NormFloat64()
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			body, nucleus := inside(bodies, fx, fy), inside(nuclei, fx, fy)
			shade := light * (1 + tilt*(fx/width-0.5))
			rgb := [3]float64{0.88, 0.82, 0.86}
			for k, stain := range [3]float64{0.14, 0.30, 0.10} {
				rgb[k] -= stain*body + [3]float64{0.34, 0.30, 0.12}[k]*max(nucleus, inside(debris, fx, fy))
				rgb[k] = 255 * (shade*rgb[k] + 0.04*r.NormFloat64())
			}
			at := func(k int) uint8 { return uint8(min(255, max(0, rgb[k]))) }
			picture.SetRGBA(x, y, color.RGBA{at(0), at(1), at(2), 255})
			switch {
			case nucleus > 0:
				label.SetGray(x, y, color.Gray{Y: 2})
			case body > 0:
				label.SetGray(x, y, color.Gray{Y: 1})
			}
		}
	}
	return picture, label
}
