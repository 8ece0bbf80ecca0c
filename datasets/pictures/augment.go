package pictures

import (
	"image"
	"math"
	"math/rand/v2"

	"r2unet/datasets"
	"r2unet/datasets/augment"
)

// augmentSide is the side of the samples that are shown, px.
const augmentSide = 112

// augmentSettings are shown one by one, each with a seed that makes it visible: what is drawn may be a small change.
var augmentSettings = []struct {
	text   string
	config augment.Config
	seed   uint64
}{
	{"as it is", augment.Config{}, 0},
	{"flip", augment.Config{Flip: true}, 0},
	{"right-angles", augment.Config{RightAngles: true}, 1},
	{"rotate", augment.Config{Rotate: 45}, 0},
	{"scale", augment.Config{Scale: 0.5}, 0},
	{"elastic", augment.Config{Elastic: 5}, 0},
	{"translate", augment.Config{Translate: 0.3}, 3},
	{"resized-crop", augment.Config{ResizedCrop: [2]float64{0.25, 0.5}}, 3},
	{"brightness", augment.Config{Brightness: 0.2}, 1},
	{"brightness-factor", augment.Config{BrightnessFactor: 0.5}, 0},
	{"contrast", augment.Config{Contrast: 0.8}, 0},
	{"contrast-factor", augment.Config{ContrastFactor: 0.7}, 3},
	{"gamma", augment.Config{Gamma: 1.5}, 0},
	{"saturation", augment.Config{Saturation: 0.9}, 0},
	{"hue", augment.Config{Hue: 0.15}, 5},
	{"blur", augment.Config{Blur: 4}, 0},
	{"low-resolution", augment.Config{LowResolution: 7}, 0},
	{"noise", augment.Config{Noise: 0.06}, 0},
	{"cutout", augment.Config{Cutout: 0.4}, 5},
	{"cutmix", augment.Config{CutMix: 0.6}, 2},
}

// augmentations shows a whole image under each augmentation, with the outline of its label. It is always a phantom.
func (p painter) augmentations() (image.Image, error) {
	p.data = ""
	c := datasets.Config{
		Name: "ISIC2017", Input: "rgb", Size: datasets.Square(augmentSide), PhantomImages: 8,
		Cache: p.cache,
	}
	ds, first, err := p.load(c, "ISIC_0000012")
	if err != nil {
		return nil, err
	}
	second, err := ds.Load(p.ctx, "ISIC_0000001")
	if err != nil {
		return nil, err
	}
	mean := means(first)
	var cells []cell
	for _, s := range augmentSettings {
		streams := func(string) *rand.Rand { return rand.New(rand.NewPCG(s.seed, 0)) }
		values, target := augmented(s.config, streams, first, mean)
		if part := s.config.DrawCutMix(streams, augmentSide, augmentSide); !part.Empty() {
			others, otherTarget := augmented(s.config, streams, second, mean)
			augment.Paste(values, target, others, otherTarget, part, augmentSide)
		}
		img := photograph(values, 3, augmentSide, augmentSide)
		label := make([]uint8, len(target))
		for i, v := range target {
			label[i] = uint8(v)
		}
		// levels are rounded to multiples of 4, which is not seen and saves a third of the file
		for i, v := range img.Pix {
			img.Pix[i] = uint8(min((int(v)+2)/4*4, 255))
		}
		outline(img, label, 1)
		cells = append(cells, cell{s.text, img})
	}
	return sheet(cells, 5, augmentSide, augmentSide), nil
}

// augmented draws a whole image as a sample: intensities [3, H, W] and target [H, W].
func augmented(
	c augment.Config, streams augment.Streams, s *datasets.Sample, mean []float64,
) (values, target []float32) {
	picture := augment.Picture{
		Width: s.Width, Height: s.Height, Channels: s.Channels, Truth: s.Truth, Pixels: make([]uint16, len(s.Image)),
	}
	for i, v := range s.Image {
		picture.Pixels[i] = uint16(v*math.MaxUint16 + 0.5)
	}
	values, target = make([]float32, len(s.Image)), make([]float32, len(s.Truth))
	t := c.Draw(streams(""), streams, s.Height, s.Width)
	t.Render(values, target, picture, float64(s.Width-1)/2, float64(s.Height-1)/2)
	t.Shade(values, mean)
	return values, target
}

// means returns the mean intensity of each channel.
func means(s *datasets.Sample) []float64 {
	out, plane := make([]float64, s.Channels), s.Width*s.Height
	for i, v := range s.Image {
		out[i/plane] += float64(v) / float64(plane)
	}
	return out
}
