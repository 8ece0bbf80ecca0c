package phantom

import (
	"math"
	"math/rand/v2"
)

// vessel is a piece of a vessel tree: a line of points with a radius and a darkness at each.
type vessel struct {
	artery bool
	points []vesselPoint
}

type vesselPoint struct{ x, y, radius, darkness float64 }

// tree grows the vessels of a retina from its optic disc.
type tree struct {
	r            *rand.Rand
	unit         float64 // px of a length of 1/270 of the field's radius: 1 px on DRIVE
	cx, cy, edge float64 // field of view
	mx, my       float64 // macula, which vessels go around
	vessels      []vessel
}

// finest is the radius, in units, at which a vessel ends.
const finest = 0.45

// grow starts the arcades and the small vessels at the disc (x, y).
func (t *tree) grow(x, y, discRadius float64) {
	towards := math.Atan2(t.my-y, t.mx-x)
	start := func(angle, radius float64, artery bool) {
		d := discRadius * between(t.r, 0.1, 0.5)
		t.branch(x+d*math.Cos(angle), y+d*math.Sin(angle), angle, radius*t.unit, artery, 0)
	}
	// Four arcades leave the disc up and down and then bend around the macula, each an artery and a vein.
	for _, side := range []float64{-1, 1} {
		for _, offset := range []float64{1.15, 2.1} {
			angle := towards + side*(offset+between(t.r, -0.2, 0.2))
			start(angle, between(t.r, 2.2, 3.0), true)
			start(angle+between(t.r, -0.3, 0.3), between(t.r, 2.7, 3.8), false)
		}
	}
	for range 4 + t.r.IntN(5) {
		start(2*math.Pi*t.r.Float64(), between(t.r, 0.9, 1.8), t.r.IntN(2) == 0)
	}
}

// branch follows one vessel until it leaves the field or becomes too fine, and grows its side branches.
func (t *tree) branch(x, y, angle, radius float64, artery bool, depth int) {
	v := vessel{artery: artery}
	step := t.unit
	bend := 0.0
	next := between(t.r, 18, 60) * t.unit
	wave, phase := between(t.r, 0.01, 0.035)*t.unit, 2*math.Pi*t.r.Float64()
	for travelled := 0.0; radius > finest*t.unit; travelled += step {
		if math.Hypot(x-t.cx, y-t.cy) > t.edge+4*t.unit {
			break
		}
		darkness := smoothstep(0, 2.6, radius/t.unit)
		v.points = append(v.points, vesselPoint{x, y, radius, 0.35 + 0.65*darkness})
		// The heading wanders; it turns towards a circle around the macula, and away from its middle.
		bend = 0.93*bend + 0.007*t.r.NormFloat64()
		dx, dy := t.mx-x, t.my-y
		distance := math.Hypot(dx, dy)
		side := math.Cos(angle)*dy - math.Sin(angle)*dx
		pull := 0.0
		if depth < 2 {
			pull = 0.010 * math.Tanh(side/distance*2)
		}
		if distance < 55*t.unit {
			pull -= 0.06 * math.Copysign(1, side)
		}
		angle += bend + pull + 0.02*math.Sin(travelled*wave+phase)
		x += step * math.Cos(angle)
		y += step * math.Sin(angle)
		radius *= 1 - 0.0011*between(t.r, 0.5, 1.5)
		if next -= step; next < 0 && depth < 7 {
			turn := between(t.r, 0.35, 1.1) * math.Copysign(1, t.r.Float64()-0.5)
			child := radius * between(t.r, 0.4, 0.85)
			t.branch(x, y, angle+turn, child, artery, depth+1)
			// Murray's law: the cubes of the radii add up.
			radius = math.Cbrt(max(radius*radius*radius-child*child*child, 0.2*radius*radius*radius))
			angle -= turn * 0.2
			next = between(t.r, 14, 60) * t.unit
		}
	}
	if len(v.points) > 8 {
		t.vessels = append(t.vessels, v)
	}
}

// canvas collects drawn vessels: depth is how dark a pixel becomes, shine the reflex in an artery's middle, distance how far outside
// (positive) or inside of the nearest vessel's wall a pixel's centre lies, in px.
type canvas struct {
	depth, shine, distance *field
}

func newCanvas(w, h int) *canvas {
	c := &canvas{newField(w, h), newField(w, h), newField(w, h)}
	for i := range c.distance.v {
		c.distance.v[i] = math.MaxFloat32
	}
	return c
}

// draw adds a vessel, stamping discs along its line.
func (c *canvas) draw(v vessel) {
	w, h := c.depth.w, c.depth.h
	dark := 1.0
	if v.artery {
		dark = 0.75
	}
	for i := 0; i+1 < len(v.points); i++ {
		a, b := v.points[i], v.points[i+1]
		for _, f := range [2]float64{0, 0.5} {
			x, y := a.x+(b.x-a.x)*f, a.y+(b.y-a.y)*f
			reach := a.radius + 2
			for py := max(int(y-reach), 0); py <= min(int(y+reach)+1, h-1); py++ {
				for px := max(int(x-reach), 0); px <= min(int(x+reach)+1, w-1); px++ {
					d := math.Hypot(float64(px)-x, float64(py)-y)
					if d > reach {
						continue
					}
					at := py*w + px
					c.distance.v[at] = min(c.distance.v[at], float32(d-a.radius))
					// A cylinder of blood is darkest where light passes most of it.
					profile := 1 - smoothstep(a.radius*0.55, a.radius+0.9, d)
					c.depth.v[at] = max(c.depth.v[at], float32(profile*a.darkness*dark))
					if v.artery && a.radius > 1.4 {
						c.shine.v[at] = max(c.shine.v[at], float32((1-smoothstep(0, a.radius*0.45, d))*0.4))
					}
				}
			}
		}
	}
}

// truth marks the pixels inside of a vessel and of the field of view.
func (c *canvas) truth(fov []uint8) []uint8 {
	out := make([]uint8, len(fov))
	for i, d := range c.distance.v {
		if d <= 0.15 && fov[i] != 0 {
			out[i] = 1
		}
	}
	return out
}
