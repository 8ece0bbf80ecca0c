package phantom

import (
	"math"
	"math/rand/v2"
)

// vessel is a piece of a vessel tree: a line of points, each with a radius and a darkness.
type vessel struct {
	artery bool
	points []vesselPoint
}

type vesselPoint struct{ x, y, radius, darkness float64 }

// tree grows the vessels of a retina from its optic disc.
type tree struct {
	r            *rand.Rand
	unit         float64 // px per 1/270 of the field's radius: 1 px on DRIVE
	cx, cy, edge float64 // field of view, px
	dx, dy       float64 // centre of the disc
	mx, my       float64 // centre of the macula, which vessels avoid
	vessels      []vessel
	taken        map[[2]int]int // the vessel in each cell of cellSize units
}

const (
	finest   = 0.45 // radius at which a vessel ends, units
	cellSize = 7.0
	deepest  = 5 // branchings
)

// grow starts the arcades and the small vessels at the disc.
func (t *tree) grow(discRadius float64) {
	t.taken = map[[2]int]int{}
	towards := math.Atan2(t.my-t.dy, t.mx-t.dx)
	start := func(angle, radius float64, artery bool) {
		d := discRadius * between(t.r, 0.1, 0.5)
		t.branch(t.dx+d*math.Cos(angle), t.dy+d*math.Sin(angle), angle, radius*t.unit, artery, 0)
	}
	// Four arcades leave the disc up and down, and two of them bend around the macula; each is an artery and a vein.
	for _, side := range []float64{-1, 1} {
		for _, offset := range []float64{1.1, 2.2} {
			angle := towards + side*(offset+between(t.r, -0.2, 0.2))
			start(angle, between(t.r, 2.4, 3.3), true)
			start(angle+math.Copysign(between(t.r, 0.1, 0.35), t.r.Float64()-0.5), between(t.r, 3.2, 4.4), false)
		}
	}
	for range 6 + t.r.IntN(6) {
		start(2*math.Pi*t.r.Float64(), between(t.r, 1, 1.9), t.r.IntN(2) == 0)
	}
}

// branch follows one vessel until it leaves the field, becomes too fine or, if fine, meets another one, and grows its
// side branches.
func (t *tree) branch(x, y, angle, radius float64, artery bool, depth int) {
	v := vessel{artery: artery}
	id := len(t.vessels) + len(t.taken) + 1
	step := t.unit
	bend := 0.0
	next := between(t.r, 25, 80)
	wave, phase, sway := between(t.r, 0.03, 0.09), 2*math.Pi*t.r.Float64(), between(t.r, 0.005, 0.035)
	for travelled := 0.0; radius > finest*t.unit; travelled++ {
		if math.Hypot(x-t.cx, y-t.cy) > t.edge+4*t.unit {
			break
		}
		cell := [2]int{int(x / (cellSize * t.unit)), int(y / (cellSize * t.unit))}
		if other, ok := t.taken[cell]; ok && other != id && travelled > 3*cellSize && radius < 1.5*t.unit &&
			t.r.IntN(4) > 0 {
			break
		}
		t.taken[cell] = id
		darkness := smoothstep(0, 2.6, radius/t.unit)
		v.points = append(v.points, vesselPoint{x, y, radius, 0.35 + 0.65*darkness})
		// The heading wanders, points away from the disc, and bends around the macula without entering it.
		bend = 0.94*bend + 0.0035*t.r.NormFloat64()
		outwards := math.Sin(math.Atan2(y-t.dy, x-t.dx) - angle)
		around := math.Sin(math.Atan2(t.my-y, t.mx-x) - angle)
		distance := math.Hypot(t.mx-x, t.my-y) / t.unit
		turn := bend + 0.004*outwards
		if depth == 0 && travelled < 220 {
			turn += 0.0075 * around
		}
		if distance < 60 {
			turn -= 0.05 * around * (1 - distance/60)
		}
		angle += turn + sway*math.Sin(travelled*wave+phase)
		x += step * math.Cos(angle)
		y += step * math.Sin(angle)
		radius *= 1 - between(t.r, 0.0003, 0.0014)
		if radius < 1.1*t.unit {
			radius *= 0.9985
		}
		if next--; next < 0 && depth < deepest {
			side := between(t.r, 0.4, 1.1) * math.Copysign(1, t.r.Float64()-0.5)
			child := radius * between(t.r, 0.4, 0.85)
			t.branch(x, y, angle+side, child, artery, depth+1)
			// Murray's law: the cubes of the radii add up.
			radius = math.Cbrt(max(radius*radius*radius-child*child*child, 0.3*radius*radius*radius))
			angle -= side * 0.2
			next = between(t.r, 22, 80)
		}
	}
	if len(v.points) > 12 {
		t.vessels = append(t.vessels, v)
	}
}

// canvas collects drawn vessels: depth is how dark a pixel becomes, shine the reflex in an artery's middle, distance
// the distance of a pixel's centre from the nearest vessel's wall in px, positive outside.
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

// draw adds a vessel by stamping discs along its line, closer than its radius, so that its walls are smooth.
func (c *canvas) draw(v vessel) {
	dark := 1.0
	if v.artery {
		dark = 0.75
	}
	for i := 0; i+1 < len(v.points); i++ {
		a, b := v.points[i], v.points[i+1]
		c.stamp(a.x, a.y, a.radius, a.darkness*dark, v.artery)
		if a.radius < 2 {
			c.stamp((a.x+b.x)/2, (a.y+b.y)/2, a.radius, a.darkness*dark, v.artery)
		}
	}
}

func (c *canvas) stamp(x, y, radius, dark float64, artery bool) {
	w, h := c.depth.w, c.depth.h
	reach := radius + 1
	for py := max(int(y-reach), 0); py <= min(int(y+reach)+1, h-1); py++ {
		dy := float64(py) - y
		for px := max(int(x-reach), 0); px <= min(int(x+reach)+1, w-1); px++ {
			dx := float64(px) - x
			square := dx*dx + dy*dy
			if square > reach*reach {
				continue
			}
			d, at := math.Sqrt(square), py*w+px
			c.distance.v[at] = min(c.distance.v[at], float32(d-radius))
			// A cylinder of blood is darkest where light passes through most of it.
			profile := 1 - smoothstep(radius*0.55, radius+0.9, d)
			c.depth.v[at] = max(c.depth.v[at], float32(profile*dark))
			if artery && radius > 1.4 {
				c.shine.v[at] = max(c.shine.v[at], float32((1-smoothstep(0, radius*0.45, d))*0.4))
			}
		}
	}
}

// truth marks the pixels inside a vessel and the field of view.
func (c *canvas) truth(fov []uint8) []uint8 {
	out := make([]uint8, len(fov))
	for i, d := range c.distance.v {
		if d <= 0.15 && fov[i] != 0 {
			out[i] = 1
		}
	}
	return out
}
