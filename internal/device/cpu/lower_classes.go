package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/layout"
)

// The losses, scores and probabilities of several classes are computed in float64 as by their definitions, over rows
// of pixels that are shared out among the workers. A row's sums, and the order in which they are added up, do not
// depend on the number of workers.

// eachClass appends a task that calls visit for each pixel of the logits that is not ignored, with its logits and
// probabilities, and before for each part and row of them. The number of the part is that of partial sums. Target may
// be absent.
func (p *program) eachClass(
	z, t features, writes []region, row func(n, h int), visit func(part, n, h, w, truth int, pixel *calls.ClassPixel),
) {
	cut := split(layout.New(z.N, 1, z.H, z.W))
	pixels := make([]*calls.ClassPixel, cut.pieces())
	for i := range pixels {
		pixels[i] = calls.NewClassPixel(z.C)
	}
	p.overMap(cut, func(_, piece int) {
		pixel := pixels[piece]
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			for h := at.first; h < at.first+at.count; h++ {
				row(at.n, h)
				for w := range z.W {
					truth := 0
					if t.present() {
						if truth = int(t.data[t.Pixel(at.n, 0, h, w)]); truth < 0 {
							continue
						}
					}
					for k := range pixel.Logit {
						pixel.Logit[k] = float64(z.data[z.Channel(at.n, k, h, w)])
					}
					pixel.Softmax()
					visit(i, at.n, h, w, truth, pixel)
				}
			}
		}
	}, regions(z, t), writes)
}

// noRow is for tasks that write no rows.
func noRow(int, int) {}

// clearRow sets row h of a sample to zero, and the border above the first row and below the last.
func (f features) clearRow(n, h int) {
	for plane := range f.Planes {
		rows := func(from, to int) {
			at := n*f.Sample + plane*f.Plane
			clear(f.data[at+from*f.Row : at+to*f.Row])
		}
		first, end := h+layout.Border, h+layout.Border+1
		if h == 0 {
			first = 0
		}
		if h == f.H-1 {
			end = f.H + 2*layout.Border
		}
		rows(first, end)
	}
}

func (p *program) softmax(c *calls.Softmax) {
	z, y := p.features(c.Logits), p.features(c.P)
	if p.err != nil {
		return
	}
	p.eachClass(z, features{}, regions(y), y.clearRow, func(_, n, h, w, _ int, pixel *calls.ClassPixel) {
		for k, v := range pixel.P {
			y.data[y.Channel(n, k, h, w)] = float32(v)
		}
	})
}

// classSums are the sums over the pixels of a part, and their number.
type classSums struct {
	loss, squares, right float64
	count                int
}

// classSums appends the tasks that add up, over the pixels that count, what add puts into a part's sums.
func (p *program) classSums(
	logits, target *device.Tensor, add func(s *classSums, truth int, pixel *calls.ClassPixel),
	use func(total classSums, pixels float64),
) {
	z, t := p.features(logits), p.features(target)
	if p.err != nil {
		return
	}
	sums := make([]classSums, split(layout.New(z.N, 1, z.H, z.W)).parts())
	p.once(func() { clear(sums) })
	p.eachClass(z, t, nil, noRow, func(part, _, _, _, truth int, pixel *calls.ClassPixel) {
		sums[part].count++
		add(&sums[part], truth, pixel)
	})
	p.once(func() {
		var total classSums
		for _, s := range sums {
			total.loss += s.loss
			total.squares += s.squares
			total.right += s.right
			total.count += s.count
		}
		use(total, float64(max(total.count, 1)))
	})
}

func (p *program) classScores(c *calls.ClassScores) {
	out, classes := p.plain(c.Scores), float64(c.Logits.Shape[1])
	p.classSums(c.Logits, c.Target, func(s *classSums, truth int, pixel *calls.ClassPixel) {
		s.squares += pixel.SquaredError(truth)
		if pixel.Best() == truth {
			s.right++
		}
	}, func(total classSums, pixels float64) {
		out[0], out[1] = float32(total.squares/(pixels*classes)), float32(total.right/pixels)
	})
}

func (p *program) classPixelLoss(c *calls.ClassPixelLoss) {
	out := p.plain(c.Loss)
	p.classSums(c.Logits, c.Target, func(s *classSums, truth int, pixel *calls.ClassPixel) {
		s.loss += c.Value(pixel.Logit[truth] - pixel.Log)
	}, func(total classSums, pixels float64) { out[0] = float32(total.loss / pixels) })
}

// given returns the scalar gradient with respect to a loss at the time of a run: 1 if the tensor is absent.
func (p *program) given(grad *device.Tensor) func() float64 {
	if grad == nil {
		return func() float64 { return 1 }
	}
	values := p.plain(grad)
	return func() float64 { return float64(values[0]) }
}

func (p *program) classPixelLossGrad(c *calls.ClassPixelLossGrad) {
	z, t, d, grad := p.features(c.Logits), p.features(c.Target), p.features(c.DLogits), p.given(c.Grad)
	if p.err != nil {
		return
	}
	share := 0.0
	p.pixelCount(c.Target, func(pixels float64) { share = grad() / pixels })
	p.eachClass(z, t, regions(d), d.clearRow, func(_, n, h, w, truth int, pixel *calls.ClassPixel) {
		pixel.PixelGradient(truth, share*c.Slope(pixel.Logit[truth]-pixel.Log), func(k int, v float64) {
			d.data[d.Channel(n, k, h, w)] = float32(v)
		})
	})
}

// classRegions appends the tasks that compute the sums of each class over the batch, or over each image; use receives
// those of the images that have any pixel that counts, and the index of each image's sums, −1 for none.
func (p *program) classRegions(
	logits, target *device.Tensor, perImage bool, use func(sums [][]calls.Region, of []int),
) {
	z, t := p.features(logits), p.features(target)
	if p.err != nil {
		return
	}
	cut := split(layout.New(z.N, 1, z.H, z.W))
	parts := make([]calls.Region, cut.parts()*z.C)
	p.once(func() { clear(parts) })
	p.eachClass(z, t, nil, noRow, func(part, _, _, _, truth int, pixel *calls.ClassPixel) {
		sums := parts[part*z.C:][:z.C]
		for k, v := range pixel.P {
			sums[k].Predicted += v
			sums[k].Pixels++
		}
		sums[truth].Both += pixel.P[truth]
		sums[truth].True++
	})
	groups := 1
	if perImage {
		groups = z.N
	}
	sums, kept, of := make([]calls.Region, groups*z.C), make([][]calls.Region, 0, groups), make([]int, z.N)
	p.once(func() {
		clear(sums)
		for i := range cut.parts() {
			group := 0
			if perImage {
				group = cut.part(i).n
			}
			for k, r := range parts[i*z.C:][:z.C] {
				s := &sums[group*z.C+k]
				s.Both, s.Predicted = s.Both+r.Both, s.Predicted+r.Predicted
				s.True, s.Pixels = s.True+r.True, s.Pixels+r.Pixels
			}
		}
		kept = kept[:0]
		for n := range of {
			group := min(n, groups-1)
			if classes := sums[group*z.C:][:z.C]; classes[0].Pixels == 0 {
				of[n] = -1
				continue
			} else if n == group {
				kept = append(kept, classes)
			}
			of[n] = len(kept) - 1
		}
		use(kept, of)
	})
}

func (p *program) classRegionLoss(c *calls.ClassRegionLoss) {
	out, classes := p.plain(c.Loss), c.Logits.Shape[1]
	p.classRegions(c.Logits, c.Target, c.PerImage, func(sums [][]calls.Region, _ []int) {
		loss := 0.0
		for _, s := range sums {
			for _, r := range s[1:] {
				loss += c.Value(r)
			}
		}
		out[0] = float32(loss / float64(max(len(sums), 1)*(classes-1)))
	})
}

func (p *program) classRegionLossGrad(c *calls.ClassRegionLossGrad) {
	z, t, d, grad := p.features(c.Logits), p.features(c.Target), p.features(c.DLogits), p.given(c.Grad)
	if p.err != nil {
		return
	}
	share := 0.0
	both, predicted, image := make([]float64, z.N*z.C), make([]float64, z.N*z.C), make([]int, z.N)
	p.classRegions(c.Logits, c.Target, c.PerImage, func(sums [][]calls.Region, of []int) {
		share = grad() / float64(max(len(sums), 1)*(z.C-1))
		copy(image, of)
		for i, s := range sums {
			for k := 1; k < z.C; k++ {
				both[i*z.C+k], predicted[i*z.C+k] = c.Slope(s[k])
			}
		}
	})
	p.eachClass(z, t, regions(d), d.clearRow, func(_, n, h, w, truth int, pixel *calls.ClassPixel) {
		at := image[n] * z.C
		pixel.RegionGradient(truth, both[at:at+z.C], predicted[at:at+z.C], share, func(k int, v float64) {
			d.data[d.Channel(n, k, h, w)] = float32(v)
		})
	})
}
