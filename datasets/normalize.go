package datasets

import (
	"context"
	"math"

	"r2unet/datasets/cache"
)

// Normalization is subtracted from and divides the intensities (0..1) of each channel.
type Normalization struct {
	Mean      []float64 `json:"mean"`
	Deviation []float64 `json:"deviation"`
}

// Normalization returns what the fold's samples are normalized with: mean and standard deviation over all pixels of its
// training images, inside of the field of view and outside, or, with normalize = "none", 0 and 1. With
// normalize = "image" each image has its own and this is only for information.
func (f *Fold) Normalization(ctx context.Context) (Normalization, error) {
	ds := f.Dataset
	if ds.config.Normalize == "none" {
		return identity(ds.Channels()), nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.normalization != nil {
		return *f.normalization, nil
	}
	sums, squares := make([]float64, ds.Channels()), make([]float64, ds.Channels())
	pixels := 0.0
	for _, id := range f.Train {
		s, err := ds.prepared(ctx, id)
		if err != nil {
			return Normalization{}, err
		}
		pixels += float64(s.Width * s.Height)
		for c := range sums {
			sums[c] += float64(s.Sums[c])
			squares[c] += float64(s.Squares[c])
		}
	}
	n := moments(sums, squares, pixels)
	f.normalization = &n
	return n, nil
}

func identity(channels int) Normalization {
	n := Normalization{make([]float64, channels), make([]float64, channels)}
	for c := range channels {
		n.Deviation[c] = 1
	}
	return n
}

// leastDeviation is that below which channels count as constant.
const leastDeviation = 1e-6

// moments turns sums over prepared pixels into mean and deviation of intensities. A constant image has a deviation of
// 1.
func moments(sums, squares []float64, pixels float64) Normalization {
	n := identity(len(sums))
	for c := range sums {
		mean := sums[c] / pixels
		n.Mean[c] = mean / fullScale
		if d := math.Sqrt(max(squares[c]/pixels-mean*mean, 0)) / fullScale; d > leastDeviation {
			n.Deviation[c] = d
		}
	}
	return n
}

// normalizer is the normalization of one image in the fold.
func (f *Fold) normalizer(ctx context.Context, s *cache.Sample) (Normalization, error) {
	if f.Dataset.config.Normalize != "image" {
		return f.Normalization(ctx)
	}
	return f.Dataset.recipe().normalizer(s), nil
}

// apply normalizes intensities, [C, H, W], in place.
func (n Normalization) apply(image []float32) {
	plane := len(image) / len(n.Mean)
	for c := range n.Mean {
		mean, scale := float32(n.Mean[c]), float32(1/n.Deviation[c])
		for i, v := range image[c*plane : (c+1)*plane] {
			image[c*plane+i] = (v - mean) * scale
		}
	}
}
