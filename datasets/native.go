package datasets

import (
	"context"
	"fmt"

	"r2unet/datasets/preprocess"
)

// ResizesBack reports whether images are resized for the network and predictions are measured at the images' own size,
// see Config.MeasureAt.
func (ds *Dataset) ResizesBack() bool { return ds.config.Size.Set() && ds.config.MeasureAt == AtNative }

// Native gives a whole image with its label and field of view as they are stored, normalized with the training images
// of a fold: what a prediction that was resized back is measured against. It is decoded each time.
func (ds *Dataset) Native(ctx context.Context, fold int, id string) (*Sample, error) {
	f := ds.images[id]
	if f == nil {
		return nil, fmt.Errorf("%s: there is no labelled image %q", ds.Name, id)
	}
	p, err := ds.build(ctx, f, Size{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ds.Name, err)
	}
	n, err := ds.normalizer(ctx, fold, p)
	if err != nil {
		return nil, err
	}
	s := newSample(p, n)
	s.ID, s.Subject = id, f.Subject
	return s, nil
}

// ResizeBack resizes probabilities, [K, H, W] of a size, to another size, bilinearly. Those of several classes still
// add up to 1.
func ResizeBack(probabilities []float32, from, to Size) []float32 {
	p := &preprocess.Planes{
		Width: from.Width, Height: from.Height, Channels: len(probabilities) / (from.Width * from.Height), Pixels: probabilities,
	}
	return p.Resize(to.Width, to.Height).Pixels
}
