package phantom

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

// Typical CT numbers, HU. Scanners write padding outside the scan circle.
const (
	padding = -2048
	air     = -1000
	lungs   = -840
	fat     = -100
	tissue  = 45
	blood   = 60
	bone    = 650
)

const (
	sliceSize        = 512
	slicesPerPatient = 3
)

// Lung draws the phantom of the lung set into a folder.
func Lung(ctx context.Context, dir string, o Options) error {
	return Draw(ctx, "Lung", dir, o, planLung)
}

// planLung writes 2d_images (signed 16 bits) and 2d_masks (8 bits): uncompressed TIFF in one strip, three slices per
// patient.
func planLung(o Options) []Job {
	images := o.Images
	if images == 0 {
		images = 60
	}
	var jobs []Job
	for i := range images {
		jobs = append(jobs, func(dir string, r *rand.Rand) error {
			patient, k := i/slicesPerPatient, i%slicesPerPatient
			body := rand.New(rand.NewPCG(uint64(patient)+1, 0x1d))
			name := fmt.Sprintf("ID_%04d_Z_%04d.tif", patient, 60+40*k+patient%20)
			m, truth := drawSlice(body, r, float64(k)/(slicesPerPatient-1), o.Shrink)
			label := raster.New(m.Width, m.Height, 1, raster.Uint8)
			for i, v := range truth {
				label.Data[i] = 255 * v
			}
			return firstError(
				func() error {
					return write(filepath.Join(dir, "2d_images", name), func(o *os.File) error {
						return tiff.Encode(o, m, tiff.Options{})
					})
				},
				func() error {
					return write(filepath.Join(dir, "2d_masks", name), func(o *os.File) error {
						return tiff.Encode(o, label, tiff.Options{})
					})
				},
			)
		})
	}
	return jobs
}

// drawSlice draws an axial slice through a chest and the mask of its lungs. level is 0 at the apex of the lungs and 1
// at their base; body draws what a patient's slices share. Lengths are px in a slice of 512×512, whose sides are
// divided by shrink.
func drawSlice(body, r *rand.Rand, level float64, shrink int) (*raster.Image, []uint8) {
	const n = sliceSize
	side, pitch := n/shrink, float64(shrink)
	bx, by := between(body, 185, 225), between(body, 130, 165)
	wall := between(body, 22, 38)
	cx, cy := n/2+between(body, -8, 8), n/2+between(body, -14, 14)
	size := 0.72 + 0.28*math.Sin(math.Pi*min(level+0.15, 1)*0.75)
	ragged := fractal(r, side, side, 60/pitch, 3)
	texture := fractal(r, side, side, 14/pitch, 4)
	grain := fractal(r, side, side, 2, 2).blur(1)
	noise := between(r, 12, 45)
	vessels := lungVessels(r, side, pitch)
	disease := newField(side, side)
	if r.IntN(3) == 0 { // an infiltrate: part of the lung but as dense as the wall
		x, y, s := cx+math.Copysign(between(r, 70, 130), r.Float64()-0.5), cy+between(r, -60, 60), between(r, 12, 34)
		for i := range disease.v {
			d := math.Hypot(float64(i%side)*pitch-x, float64(i/side)*pitch-y) + 14*float64(texture.v[i])
			disease.v[i] = float32(1 - smoothstep(s*0.5, s*1.2, d))
		}
	}
	padded := r.IntN(4) > 0

	m := raster.New(side, side, 1, raster.Int16)
	truth := make([]uint8, side*side)
	for i := range truth {
		x, y := float64(i%side)*pitch, float64(i/side)*pitch
		hu := float64(air)
		u, v := (x-cx)/bx, (y-cy)/by
		rim := (1 - math.Hypot(u, v)) * min(bx, by) // distance inside the skin, px, about
		switch {
		case rim > 0.25*wall:
			hu = tissue
		case rim > 0:
			hu = fat
		case y > cy+by+14 && y < cy+by+19: // the table
			hu = -300
		}
		if rim > 0 {
			hu = bones(hu, x-cx, y-cy, bx, by, rim, wall)
			inside := lungInside(x-cx+9*float64(ragged.v[i]), y-cy+9*float64(ragged.v[i]), bx-wall, by-wall, size,
				level)
			if inside > 0 {
				truth[i] = 1
			}
			amount := smoothstep(-0.02, 0.02, inside)
			fill := lungs + 70*float64(texture.v[i]) + float64(vessels.v[i])*(blood-lungs) +
				float64(disease.v[i])*(tissue-lungs-60)
			hu += amount * (fill - hu)
			if d := math.Hypot(x-cx, y-cy+0.15*by); d < 13 { // the trachea or a bronchus: air outside the lungs
				hu += (1 - smoothstep(9, 12, d)) * (air - hu)
			}
		}
		hu += noise * (r.NormFloat64()*0.6 + 2*float64(grain.v[i]))
		if padded && math.Hypot(x-n/2, y-n/2) > n/2 {
			hu = padding
		}
		binary.LittleEndian.PutUint16(m.Data[2*i:], uint16(int16(math.Round(min(max(hu, -3000), 3000)))))
	}
	return m, truth
}

// lungInside is positive inside either lung: half of the chest without the mediastinum, the heart on the left, and, at
// the base, the dome of the liver on the right.
func lungInside(x, y, ax, ay, size, level float64) float64 {
	chest := 1 - math.Hypot(x/(ax*size), y/(ay*size))
	middle := math.Abs(x)/(0.17*ax) - 1 + 0.25*y*y/(ay*ay)
	inside := min(chest, middle*0.2)
	heart := math.Hypot((x-0.22*ax)/(0.42*ax), (y+0.22*ay)/(0.5*ay)) - 1
	inside = min(inside, (heart+1.1*(1-smoothstep(0.2, 0.6, level)))*0.4)
	if level > 0.8 {
		liver := math.Hypot((x+0.5*ax)/(0.4*ax), (y+0.2*ay)/(0.45*ay)) - 1
		inside = min(inside, liver*0.4)
	}
	return inside
}

// bones adds a spine, a breastbone and ribs to soft tissue.
func bones(hu, x, y, bx, by, rim, wall float64) float64 {
	spine := math.Hypot(x/26, (y-0.68*by)/22)
	front := math.Hypot(x/26, (y+0.86*by)/8)
	angle := math.Atan2(y/by, x/bx)
	rib := math.Abs(rim-0.62*wall) < 5 && math.Cos(angle*9) > 0.45
	if spine < 1 || front < 1 || rib {
		return bone
	}
	return hu
}

// lungVessels draws branching vessels from both hila into a field of side×side px.
func lungVessels(r *rand.Rand, side int, pitch float64) *field {
	const middle = sliceSize / 2
	c := newCanvas(side, side)
	var grow func(x, y, a, radius float64, depth int)
	grow = func(x, y, a, radius float64, depth int) {
		v := vessel{}
		for range int(between(r, 18, 46)) {
			v.points = append(v.points, vesselPoint{x / pitch, y / pitch, radius / pitch, 1})
			a += 0.05 * r.NormFloat64()
			x, y = x+math.Cos(a), y+math.Sin(a)
			radius *= 0.994
		}
		c.draw(v)
		if depth < 5 && radius > 0.5 {
			for _, turn := range [2]float64{-0.5, 0.5} {
				grow(x, y, a+turn*between(r, 0.4, 1.4), radius*between(r, 0.6, 0.85), depth+1)
			}
		}
	}
	for range 10 {
		left := float64(r.IntN(2))
		grow(middle+(2*left-1)*45, middle+between(r, -20, 30), math.Pi*(1-left)+between(r, -1.3, 1.3),
			between(r, 1.6, 3), 0)
	}
	return c.depth
}
