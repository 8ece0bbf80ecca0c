package datasets

import (
	"context"
	"fmt"
)

// Labels gives the labels of both observers for an image, [H, W] of zeros and ones at the size at which it is measured,
// and its field of view, nil = everywhere. The second observer's are nil where there are none, where they are the
// truth, and where images are resized.
func (ds *Dataset) Labels(ctx context.Context, id string) (first, second, fov []uint8, size Size, err error) {
	s, err := ds.prepared(ctx, id)
	if err != nil {
		return nil, nil, nil, Size{}, err
	}
	size = Size{Width: s.Width, Height: s.Height}
	f := ds.images[id]
	if f.Second == "" || ds.config.Observer == 2 || ds.config.Size.Set() {
		return s.Truth, nil, s.FOV, size, nil
	}
	examined, err := ds.store.Examine(ds.path(f.Second))
	if err != nil {
		return nil, nil, nil, size, err
	}
	if examined.Width != f.image.Width || examined.Height != f.image.Height {
		return nil, nil, nil, size, fmt.Errorf("%s is %d×%d px, but its image %s is %d×%d px", ds.path(f.Second),
			examined.Width, examined.Height, ds.path(f.Image), f.image.Width, f.image.Height)
	}
	label, err := ds.label(ctx, f.Second, examined)
	if err != nil {
		return nil, nil, nil, size, err
	}
	second = label.Mask
	if crop := ds.crop(); crop.Last > 0 {
		second = second[(crop.First-1)*examined.Width : crop.Last*examined.Width]
	}
	return s.Truth, second, s.FOV, size, nil
}

// HasSecondObserver reports whether the dataset, as published, has labels of a second observer.
func (ds *Dataset) HasSecondObserver() bool { return ds.description.SecondObserver }
