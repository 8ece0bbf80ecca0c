package phantom

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"

	"r2unet/datasets/raster"
)

// skinSizes are small pictures with the aspect ratios of the set. The real ones have at least 1022×767 px.
var skinSizes = [][2]int{{384, 288}, {400, 300}, {360, 270}, {432, 288}}

// ISIC draws the phantom of ISIC2017 into a folder.
func ISIC(ctx context.Context, dir string, o Options) error {
	return Draw(ctx, "ISIC2017", dir, o, planISIC)
}

// planISIC writes the three official parts: Options.Images training images (48 by default), and 150/2000 and 600/2000
// as many for validation and test, with the superpixel files that lie among the real images.
func planISIC(o Options) []Job {
	images := o.Images
	if images == 0 {
		images = 48
	}
	var jobs []Job
	number := 0
	for _, part := range []struct {
		folder string
		images int
	}{
		{"ISIC-2017_Training", images},
		{"ISIC-2017_Validation", max(1, images*150/2000)},
		{"ISIC-2017_Test_v2", max(1, images*600/2000)},
	} {
		for range part.images {
			name := fmt.Sprintf("ISIC_%07d", number)
			number += 1 + number%3
			jobs = append(jobs, func(dir string, r *rand.Rand) error {
				size := skinSizes[r.IntN(len(skinSizes))]
				size[0], size[1] = size[0]/o.Shrink, size[1]/o.Shrink
				m, truth := drawSkin(r, size[0], size[1])
				label := image.NewGray(image.Rect(0, 0, size[0], size[1]))
				for i, v := range truth {
					label.Pix[i] = 255 * v
				}
				data := filepath.Join(dir, part.folder+"_Data", name)
				return firstError(
					func() error { return writeJPEG(data+".jpg", m) },
					func() error { return WritePNG(data+"_superpixels.png", image.NewGray(image.Rect(0, 0, 8, 8))) },
					func() error {
						return WritePNG(filepath.Join(dir, part.folder+"_Part1_GroundTruth", name+"_segmentation.png"),
							label)
					},
				)
			})
		}
	}
	return jobs
}

// drawSkin draws a lesion with a ragged border, and its mask, on skin with hairs, pimples, gel bubbles, ruler marks
// and a dark frame, each in some of the images.
func drawSkin(r *rand.Rand, w, h int) (*raster.Image, []uint8) {
	base := [3]float64{between(r, 0.68, 0.95), between(r, 0.5, 0.76), between(r, 0.42, 0.72)}
	pigment := between(r, 0.18, 0.75)
	spot := [3]float64{1 - pigment*0.55, 1 - pigment*0.85, 1 - pigment*between(r, 0.7, 0.95)}
	texture, mottle := fractal(r, w, h, 40, 5), fractal(r, w, h, 30, 4)
	grain := fractal(r, w, h, 3, 2)
	edge := lesionEdge(r, w, h)
	soft := between(r, 0.02, 0.16)
	other := otherSpots(r, w, h)
	overlay := newField(w, h)
	for range max(0, r.IntN(40)-14) {
		hair(r, overlay)
	}
	if r.IntN(4) == 0 {
		ruler(r, overlay)
	}
	frame := between(r, 0.95, 1.9)
	if r.IntN(4) > 0 {
		frame = 3
	}
	tilt, angle := between(r, 0, 0.15), 2*math.Pi*r.Float64()

	m := raster.New(w, h, 3, raster.Uint8)
	truth := make([]uint8, w*h)
	half := float64(min(w, h)) / 2
	for y := range h {
		for x := range w {
			i := y*w + x
			u, v := (float64(x)-float64(w)/2)/half, (float64(y)-float64(h)/2)/half
			inside := float64(edge.v[i])
			if inside > 0 {
				truth[i] = 1
			}
			amount := smoothstep(-soft, soft, inside) * (0.85 + 0.5*float64(mottle.v[i]))
			light := (1 + tilt*(u*math.Cos(angle)+v*math.Sin(angle))) *
				(1 - smoothstep(frame-0.06, frame+0.06, math.Hypot(u, v)*0.9))
			dark := float64(overlay.v[i])
			for c := range 3 {
				s := base[c] * (1 + 0.10*float64(texture.v[i]) + 0.06*float64(grain.v[i]))
				s *= 1 - float64(other.v[i])*[3]float64{0.08, 0.28, 0.25}[c]
				s *= 1 - amount*(1-spot[c])
				s *= 1 - dark*0.75
				s = s*light + 0.008*r.NormFloat64()
				m.Data[3*i+c] = byteOf(s)
			}
		}
	}
	return m, truth
}

// lesionEdge is positive inside the lesion: a rotated ellipse whose radius varies with the direction in many
// harmonics.
func lesionEdge(r *rand.Rand, w, h int) *field {
	out := newField(w, h)
	size := float64(min(w, h)) * between(r, 0.13, 0.38)
	cx, cy := float64(w)/2+between(r, -0.12, 0.12)*float64(w), float64(h)/2+between(r, -0.12, 0.12)*float64(h)
	stretch, turn := between(r, 0.6, 1), math.Pi*r.Float64()
	ragged := between(r, 0.05, 0.2)
	var strength, phase [24]float64
	for k := range strength {
		strength[k] = ragged * r.NormFloat64() / (1 + 0.6*float64(k))
		phase[k] = 2 * math.Pi * r.Float64()
	}
	for y := range h {
		for x := range w {
			u, v := (float64(x)-cx)/size, (float64(y)-cy)/size
			u, v = u*math.Cos(turn)+v*math.Sin(turn), (v*math.Cos(turn)-u*math.Sin(turn))/stretch
			a, border := math.Atan2(v, u), 1.0
			for k := range strength {
				border += strength[k] * math.Cos(float64(k+2)*a+phase[k])
			}
			out.v[y*w+x] = float32(max(border, 0.2) - math.Hypot(u, v))
		}
	}
	return out
}

// otherSpots draws reddish pimples and veins of healthy skin.
func otherSpots(r *rand.Rand, w, h int) *field {
	out := newField(w, h)
	for range r.IntN(14) {
		x, y, size := float64(w)*r.Float64(), float64(h)*r.Float64(), between(r, 2, 12)
		for py := max(int(y-2*size), 0); py < min(int(y+2*size), h); py++ {
			for px := max(int(x-2*size), 0); px < min(int(x+2*size), w); px++ {
				d := math.Hypot(float64(px)-x, float64(py)-y)
				out.v[py*w+px] = max(out.v[py*w+px], float32(math.Exp(-d*d/(size*size))))
			}
		}
	}
	return out
}

// hair adds one dark, bent line across the picture.
func hair(r *rand.Rand, f *field) {
	c := canvas{f, newField(f.w, f.h), newField(f.w, f.h)}
	v := vessel{}
	x, y, a := float64(f.w)*r.Float64(), float64(f.h)*r.Float64(), 2*math.Pi*r.Float64()
	bend, radius := 0.006*r.NormFloat64(), between(r, 0.4, 1.1)
	for range int(between(r, 60, 260)) {
		v.points = append(v.points, vesselPoint{x, y, radius, 0.9})
		a += bend
		x, y = x+math.Cos(a), y+math.Sin(a)
	}
	c.draw(v)
}

// ruler adds the tick marks of a scale along one side.
func ruler(r *rand.Rand, f *field) {
	c := canvas{f, newField(f.w, f.h), newField(f.w, f.h)}
	y, gap := float64(f.h)*between(r, 0.86, 0.97), between(r, 9, 16)
	for k := 0; float64(k)*gap < float64(f.w); k++ {
		length := 6.0
		if k%5 == 0 {
			length = 12
		}
		v := vessel{}
		for d := 0.0; d < length; d++ {
			v.points = append(v.points, vesselPoint{float64(k) * gap, y + d, 0.8, 1})
		}
		c.draw(v)
	}
}
