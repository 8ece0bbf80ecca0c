package augment

import (
	"math"

	"r2unet/datasets/raster"
)

// Picture is what samples are drawn from: intensities 0–1 as 0–65535, [C, H, W], and truth as zeros and ones or
// classes, [H, W].
type Picture struct {
	Width, Height, Channels int
	Pixels                  []uint16
	Truth                   []uint8
	Counted                 []uint8 // zeros, where the target is −1, and ones, [H, W]; nil = ones
}

// truth returns the target of a pixel.
func (p *Picture) truth(at int) float32 {
	if p.Counted != nil && p.Counted[at] == 0 || p.Truth[at] == raster.NoClass {
		return -1
	}
	return float32(p.Truth[at])
}

const fullScale = math.MaxUint16

// Render draws the sample whose centre lies at (x, y) of the picture: intensities 0–1 into image [C, h, w], the truth
// into target [h, w]. Beyond the picture's border its pixels and truth are mirrored.
func (t *Transform) Render(image, target []float32, p Picture, x, y float64) {
	x, y = x+float64(t.dx), y+float64(t.dy)
	if t.geometric {
		t.renderFree(image, target, p, x, y)
		return
	}
	x0, y0 := int(math.Round(x-float64(t.w-1)/2)), int(math.Round(y-float64(t.h-1)/2))
	size, plane := t.h*t.w, p.Width*p.Height
	// A step to the right or down in the sample is a fixed step in the picture.
	at := func(u, v int) int {
		su, sv := t.rigid(u, v)
		return (y0+sv)*p.Width + x0 + su
	}
	origin := at(0, 0)
	right, down := at(1, 0)-origin, at(0, 1)-origin
	inside := x0 >= 0 && y0 >= 0 && x0+t.w <= p.Width && y0+t.h <= p.Height
	for v := range t.h {
		from := origin + v*down
		for u := range t.w {
			source := from
			if !inside {
				su, sv := t.rigid(u, v)
				source = mirror(y0+sv, p.Height)*p.Width + mirror(x0+su, p.Width)
			}
			to := v*t.w + u
			target[to] = p.truth(source)
			for c := range p.Channels {
				image[c*size+to] = float32(p.Pixels[c*plane+source]) * (1.0 / fullScale)
			}
			from += right
		}
	}
}

// rigid undoes flips and right angles for a pixel of the sample.
func (t *Transform) rigid(u, v int) (int, int) {
	switch t.quarter {
	case 1:
		u, v = v, t.w-1-u
	case 2:
		u, v = t.w-1-u, t.h-1-v
	case 3:
		u, v = t.h-1-v, u
	}
	if t.flipX {
		u = t.w - 1 - u
	}
	if t.flipY {
		v = t.h - 1 - v
	}
	return u, v
}

// renderFree is Render for transforms that need interpolation.
func (t *Transform) renderFree(image, target []float32, p Picture, x, y float64) {
	size, plane := t.h*t.w, p.Width*p.Height
	mu, mv := float64(t.w-1)/2, float64(t.h-1)/2
	for v := range t.h {
		for u := range t.w {
			ru, rv := t.rigid(u, v)
			du, dv := float64(ru)-mu, float64(rv)-mv
			if t.crop != nil {
				du, dv = t.crop.at(du, dv)
			}
			sx, sy := x+t.cos*du-t.sin*dv, y+t.sin*du+t.cos*dv
			if t.warp != nil {
				wx, wy := t.warp.at(u, v)
				sx, sy = sx+wx, sy+wy
			}
			to := v*t.w + u
			near := mirror(int(math.Floor(sy+0.5)), p.Height)*p.Width + mirror(int(math.Floor(sx+0.5)), p.Width)
			target[to] = p.truth(near)
			fx, fy := math.Floor(sx), math.Floor(sy)
			x0, x1 := mirror(int(fx), p.Width), mirror(int(fx)+1, p.Width)
			y0, y1 := mirror(int(fy), p.Height)*p.Width, mirror(int(fy)+1, p.Height)*p.Width
			a, b := float32(sx-fx), float32(sy-fy)
			for c := range p.Channels {
				q := p.Pixels[c*plane : (c+1)*plane]
				top := float32(q[y0+x0])*(1-a) + float32(q[y0+x1])*a
				bottom := float32(q[y1+x0])*(1-a) + float32(q[y1+x1])*a
				image[c*size+to] = (top*(1-b) + bottom*b) * (1.0 / fullScale)
			}
		}
	}
}

// mirror folds a coordinate into 0…n−1 by reflection without repeating the border, like the padding of whole images.
func mirror(i, n int) int {
	if uint(i) < uint(n) {
		return i
	}
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	if i >= n {
		i = period - i
	}
	return i
}
