package phantom

import (
	"math"
	"math/rand/v2"

	"r2unet/datasets/raster"
)

// fundus is a drawn photograph of a retina with its exact labels.
type fundus struct {
	image         *raster.Image
	truth, second []uint8 // of the first observer, and of a second one who misses the finest vessels
	fov           []uint8
}

// camera describes the pictures of one dataset.
type camera struct {
	w, h   int
	radius float64    // of the field of view, px; it may reach beyond the border
	colour [3]float64 // of a healthy fundus
	noise  float64    // of the sensor
}

// drawFundus draws a retina: uneven light, choroid, disc, macula, vessels of all widths, and lesions, which are not
// vessels.
func (c camera) drawFundus(r *rand.Rand) fundus {
	w, h := c.w, c.h
	cx, cy := float64(w)/2+between(r, -4, 4), float64(h)/2+between(r, -4, 4)
	unit := c.radius / 270
	side := math.Copysign(1, r.Float64()-0.5)
	dx, dy := cx+side*between(r, 0.3, 0.6)*c.radius, cy+between(r, -0.1, 0.1)*c.radius
	mx, my := dx-side*0.62*c.radius, dy+between(r, 0, 0.08)*c.radius
	disc := between(r, 34, 44) * unit

	t := tree{r: r, unit: unit, cx: cx, cy: cy, edge: c.radius, dx: dx, dy: dy, mx: mx, my: my}
	t.grow(disc)
	first, second := newCanvas(w, h), newCanvas(w, h)
	for _, v := range t.vessels {
		first.draw(v)
		if coarse := v.coarse(0.75 * unit); len(coarse.points) > 8 {
			second.draw(coarse)
		}
	}
	light := c.light(r, cx, cy)
	texture := fractal(r, w, h, 22*unit, 4)
	tissue := c.choroid(r, unit)
	spots := lesions(r, w, h, cx, cy, c.radius, unit)
	tone := [3]float64{between(r, 0.75, 1.15), between(r, 0.75, 1.2), between(r, 0.6, 1.5)}
	contrast := between(r, 0.55, 1.0)

	out := fundus{image: raster.New(w, h, 3, raster.Uint8), fov: make([]uint8, w*h)}
	bend := fractal(r, w, h, 60*unit, 2)
	for y := range h {
		for x := range w {
			i := y*w + x
			fx, fy := float64(x), float64(y)
			rim := c.radius - math.Hypot(fx-cx, fy-cy)
			if rim < -2 { // outside there is only sensor noise
				for ch := range 3 {
					out.image.Data[3*i+ch] = byteOf(0.3 * c.noise * r.NormFloat64())
				}
				continue
			}
			if rim >= 0 {
				out.fov[i] = 1
			}
			shape := math.Hypot(fx-dx, (fy-dy)*0.92) + 8*unit*float64(bend.v[i])
			bright := 1 - smoothstep(disc*0.8, disc*1.12, shape)
			cup := 1 - smoothstep(disc*0.25, disc*0.6, shape)
			fovea := math.Exp(-((fx-mx)*(fx-mx) + (fy-my)*(fy-my)) / (2 * 40 * 40 * unit * unit))
			depth := float64(first.depth.v[i]) * contrast
			shine := float64(first.shine.v[i])
			for ch := range 3 {
				v := c.colour[ch] * tone[ch]
				v *= 1 + 0.16*float64(texture.v[i]) + float64(tissue.v[i])*choroidTint[ch]
				v *= 1 - fovea*foveaTint[ch]
				v += bright * (discTint[ch] + 0.12*cup)
				v *= 1 - depth*bloodTint[ch]*(1-0.5*shine)
				v += float64(spots.v[i]) * spotTint[ch] * (1 - 0.6*depth)
				v *= float64(light.v[i])
				v *= smoothstep(-1.2, 1.2, rim)
				v += c.noise * r.NormFloat64() * (0.3 + smoothstep(-1, 1, rim))
				out.image.Data[3*i+ch] = byteOf(v)
			}
		}
	}
	out.truth, out.second = first.truth(out.fov), second.truth(out.fov)
	return out
}

// How strongly each structure changes red, green and blue: blood absorbs green, lesions and the disc are yellow.
var (
	bloodTint   = [3]float64{0.30, 0.52, 0.42}
	foveaTint   = [3]float64{0.18, 0.32, 0.30}
	discTint    = [3]float64{0.28, 0.34, 0.22}
	spotTint    = [3]float64{0.22, 0.30, 0.14}
	choroidTint = [3]float64{0.10, 0.16, 0.16}
)

// light returns a field of light that falls off towards the rim and towards one side.
func (c camera) light(r *rand.Rand, cx, cy float64) *field {
	out := newField(c.w, c.h)
	angle, tilt, fall := 2*math.Pi*r.Float64(), between(r, 0, 0.35), between(r, 0.2, 0.5)
	for y := range c.h {
		for x := range c.w {
			u, v := (float64(x)-cx)/c.radius, (float64(y)-cy)/c.radius
			out.v[y*c.w+x] = float32(max(1+tilt*(u*math.Cos(angle)+v*math.Sin(angle))-fall*(u*u+v*v), 0.12))
		}
	}
	return out
}

// choroid draws broad, blurred vessels below the retina, which no observer labels.
func (c camera) choroid(r *rand.Rand, unit float64) *field {
	under := newCanvas(c.w, c.h)
	for range 10 + r.IntN(10) {
		v := vessel{}
		x, y, a := float64(c.w)*r.Float64(), float64(c.h)*r.Float64(), 2*math.Pi*r.Float64()
		radius, bend := between(r, 2.5, 5)*unit, 0.0
		for range int(between(r, 60, 220)) {
			v.points = append(v.points, vesselPoint{x, y, radius, 1})
			bend = 0.95*bend + 0.008*r.NormFloat64()
			a += bend
			x, y = x+unit*math.Cos(a), y+unit*math.Sin(a)
		}
		under.draw(v)
	}
	out := under.depth.blur(2.2 * unit)
	for i := range out.v {
		out.v[i] *= -1
	}
	return out
}

// lesions returns bright (positive) and dark (negative) spots: clusters of exudates, a few haemorrhages and
// microaneurysms. About a third of the eyes have none.
func lesions(r *rand.Rand, w, h int, cx, cy, radius, unit float64) *field {
	out := newField(w, h)
	if r.IntN(3) == 0 {
		return out
	}
	spot := func(x, y, size, strength float64) {
		reach := int(size*2) + 1
		stretch, turn := between(r, 0.6, 1.6), math.Pi*r.Float64()
		for py := max(int(y)-reach, 0); py <= min(int(y)+reach, h-1); py++ {
			for px := max(int(x)-reach, 0); px <= min(int(x)+reach, w-1); px++ {
				u, v := float64(px)-x, float64(py)-y
				u, v = u*math.Cos(turn)+v*math.Sin(turn), (v*math.Cos(turn)-u*math.Sin(turn))*stretch
				out.v[py*w+px] += float32(strength * (1 - smoothstep(size*0.6, size*1.3, math.Hypot(u, v))))
			}
		}
	}
	for range r.IntN(5) {
		a, d := 2*math.Pi*r.Float64(), radius*math.Sqrt(r.Float64())*0.85
		x, y := cx+d*math.Cos(a), cy+d*math.Sin(a)
		for range 3 + r.IntN(25) {
			spot(x+14*unit*r.NormFloat64(), y+14*unit*r.NormFloat64(), between(r, 1, 4.5)*unit, between(r, 0.4, 1))
		}
	}
	for range r.IntN(30) {
		a, d := 2*math.Pi*r.Float64(), radius*math.Sqrt(r.Float64())*0.9
		spot(cx+d*math.Cos(a), cy+d*math.Sin(a), between(r, 0.9, 5)*unit, -between(r, 0.3, 0.8))
	}
	for i := range out.v {
		out.v[i] = min(max(out.v[i], -0.8), 1)
	}
	return out
}

// coarse returns the part of a vessel before it becomes finer than a radius.
func (v vessel) coarse(radius float64) vessel {
	for i, p := range v.points {
		if p.radius < radius {
			return vessel{v.artery, v.points[:i]}
		}
	}
	return v
}
