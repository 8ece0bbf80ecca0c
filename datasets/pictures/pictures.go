// Package pictures draws the pictures of docs/datasets.md: the effect of each setting of a [[dataset]] table, and the
// fields of view.
package pictures

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"r2unet/datasets"
)

// painter draws from one open dataset at a time.
type painter struct {
	ctx   context.Context
	data  string
	cache string // folder for prepared images and phantoms; "" = the usual one
}

// Draw writes all pictures as PNG into a folder. It takes real images from the data folder, and phantoms if a dataset
// is missing; captions say which.
func Draw(ctx context.Context, data, out string) error {
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	p := painter{ctx: ctx, data: data}
	for _, picture := range []struct {
		name string
		draw func() (image.Image, error)
	}{
		{"fov.png", p.fieldsOfView},
		{"input.png", p.inputs},
		{"augment.png", p.augmentations},
		{"sampling.png", p.samplings},
		{"window.png", p.windows},
		{"phantoms.png", p.phantoms},
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		img, err := picture.draw()
		if err != nil {
			return fmt.Errorf("draw %s: %w", picture.name, err)
		}
		if err := save(filepath.Join(out, picture.name), img); err != nil {
			return err
		}
	}
	return nil
}

func save(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(f, img); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

// load opens a dataset without normalization and returns one image.
func (p painter) load(c datasets.Config, id string) (*datasets.Dataset, *datasets.Sample, error) {
	c.Normalize = "none"
	ds, err := datasets.Open(p.ctx, c, p.data, 1)
	if err != nil {
		return nil, nil, err
	}
	if id == "" {
		fold, err := ds.Fold(0)
		if err != nil {
			return nil, nil, err
		}
		id = fold.Train[0]
	}
	s, err := ds.Load(p.ctx, id)
	return ds, s, err
}

// source says in a caption whether an image is real.
func source(ds *datasets.Dataset) string {
	if ds.Phantom {
		return ds.Name + " (phantom)"
	}
	return ds.Name
}
