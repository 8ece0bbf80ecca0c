package model

import (
	"context"
	"fmt"
)

// Predict computes probabilities [n, 1, h, w] of images [n, C, h, w] of any size: they are padded by reflection to a size
// that the network takes, and the result is cropped back. Images that are too large for one pass are computed in tiles, with
// the same result.
func (m *Model) Predict(ctx context.Context, probabilities, images []float32, n, h, w int) error {
	return m.predict(ctx, probabilities, images, n, h, w, largestPass)
}

func (m *Model) predict(ctx context.Context, probabilities, images []float32, n, h, w, limit int) error {
	c, multiple := m.config.InChannels, m.config.Arch.Multiple()
	if n < 1 || h < 1 || w < 1 || len(images) != n*c*h*w || len(probabilities) != n*h*w {
		return fmt.Errorf("predict %d images of %d×%d pixels: %d values in, %d out, expected %d and %d",
			n, w, h, len(images), len(probabilities), n*c*h*w, n*h*w)
	}
	ph, pw := roundUp(h, multiple), roundUp(w, multiple)
	in, out := images, probabilities
	if ph != h || pw != w {
		in, out = make([]float32, n*c*ph*pw), make([]float32, n*ph*pw)
		for i := range n * c {
			reflectPlane(in[i*ph*pw:][:ph*pw], ph, pw, images[i*h*w:][:h*w], h, w)
		}
	}
	if ph*pw > limit {
		for i := range n {
			if err := m.predictTiled(ctx, out[i*ph*pw:][:ph*pw], in[i*c*ph*pw:][:c*ph*pw], ph, pw, limit); err != nil {
				return err
			}
		}
	} else if err := m.predictPass(ctx, out, in, n, ph, pw); err != nil {
		return err
	}
	if ph != h || pw != w {
		top, left := (ph-h)/2, (pw-w)/2
		for i := range n {
			for y := range h {
				copy(probabilities[(i*h+y)*w:][:w], out[(i*ph+y+top)*pw+left:])
			}
		}
	}
	return nil
}

// predictPass computes images whose size the network takes, in one pass.
func (m *Model) predictPass(ctx context.Context, probabilities, images []float32, n, h, w int) error {
	g, err := m.graph(shape{predict, n, h, w})
	if err != nil {
		return err
	}
	if err := m.dev.Write(g.image.Buffer, images); err != nil {
		return err
	}
	if err := g.machine.Run(ctx); err != nil {
		return err
	}
	return m.dev.Read(probabilities, g.output.Buffer)
}

func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// reflectPlane puts a plane h×w in the middle of one of ph×pw and fills the margin with its mirror image, without repeating the
// edge: … 2 1 0 1 2 ….
func reflectPlane(to []float32, ph, pw int, from []float32, h, w int) {
	top, left := (ph-h)/2, (pw-w)/2
	for y := range ph {
		row := from[mirror(y-top, h)*w:][:w]
		for x := range pw {
			to[y*pw+x] = row[mirror(x-left, w)]
		}
	}
}

// mirror is the index that a reflected position i falls on, in 0 … n−1.
func mirror(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}
