package datasets

import (
	"context"
	"fmt"

	"r2unet/datasets/preprocess"
)

// ResizesBack reports whether images are resized for the network and predictions are measured at the images' own size,
// see Config.MeasureAt.
func (ds *Dataset) ResizesBack() bool { return ds.config.Size.Set() && ds.config.MeasureAt == AtNative }

// Native returns a whole image with its label and field of view as they are stored, normalized with the fold's training
// images: what a prediction that was resized back is measured against. It is decoded each time.
func (f *Fold) Native(ctx context.Context, id string) (*Sample, error) {
	ds := f.Dataset
	image := ds.images[id]
	if image == nil {
		return nil, fmt.Errorf("%s: there is no labelled image %q", ds.Name, id)
	}
	p, err := ds.build(ctx, image, Size{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ds.Name, err)
	}
	return f.sample(ctx, id, p)
}

// ResizeBack resizes probabilities, [K, H, W] of a size, to another size, bilinearly. Those of several classes still
// add up to 1.
func ResizeBack(probabilities []float32, from, to Size) []float32 {
	p := &preprocess.Planes{
		Width: from.Width, Height: from.Height, Pixels: probabilities,
		Channels: len(probabilities) / (from.Width * from.Height),
	}
	return p.Resize(to.Width, to.Height).Pixels
}
