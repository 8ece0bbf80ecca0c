package datasets

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"r2unet/datasets/cache"
	"r2unet/datasets/fov"
	"r2unet/datasets/raster"
)

// addField gives a sample the field of view of its photograph: the mask that came with it, if it is one, and
// otherwise one made from it.
func (ds *Dataset) addField(ctx context.Context, s *cache.Sample, f *imageFiles, picture *raster.Image) error {
	if f.FOV != "" && ds.description.masks {
		label, err := ds.mask(ctx, f.FOV, f.mask)
		if err == nil {
			s.FOV, s.FOVSource, s.FOVQuality = label.Mask, "file", 1
		}
		return err
	}
	if !ds.description.Photograph {
		return nil
	}
	made := fov.Generate(picture)
	if f.FOV == "" {
		s.FOV, s.FOVSource, s.FOVQuality = made, "generated", fov.Circularity(made, picture.Width, picture.Height)
		return nil
	}
	label, err := ds.mask(ctx, f.FOV, f.mask)
	if err != nil {
		return err
	}
	mask := label.Mask
	if err := fov.Check(mask, made); err != nil {
		return fmt.Errorf("%s: %w", ds.path(f.FOV), err)
	}
	s.FOV, s.FOVSource, s.FOVQuality = mask, "file", fov.Agreement(mask, made)
	return nil
}

// field is a doubtful field of view of an image.
type field struct {
	id      string
	shipped bool
	quality float64 // see cache.Sample.FOVQuality
}

// judgeField remembers an image whose field of view is doubtful.
func (ds *Dataset) judgeField(id string, s *cache.Sample) {
	f := field{id, s.FOVSource == "file", s.FOVQuality}
	if s.FOV == nil || f.shipped && f.quality >= fov.Agree || !f.shipped && f.quality >= fov.Round {
		return
	}
	ds.noting.Lock()
	defer ds.noting.Unlock()
	if !slices.ContainsFunc(ds.fields, func(g field) bool { return g.id == id }) {
		ds.fields = append(ds.fields, f)
	}
}

// doubtfulFields gives a warning about the masks that were made and one about those that came with the images. The
// caller holds noting.
func (ds *Dataset) doubtfulFields() []string {
	var made, shipped []field
	for _, f := range ds.fields {
		if f.shipped {
			shipped = append(shipped, f)
		} else {
			made = append(made, f)
		}
	}
	var out []string
	if len(made) > 0 {
		out = append(out, worst(made, "the field of view made from %s is no disc with a dark border",
			"the fields of view made from %s are no discs with a dark border")+
			fmt.Sprintf(" (circularity %.2f; sound ones have %.2f or more); verify lists them",
				made[0].quality, fov.Round))
	}
	if len(shipped) > 0 {
		out = append(out, worst(shipped, "the field-of-view mask of %s disagrees with the bright part of the image",
			"the field-of-view masks of %s disagree with the bright part of the images")+
			fmt.Sprintf(" (Dice %.2f; sound ones have %.2f or more); verify lists them", shipped[0].quality, fov.Agree))
	}
	return out
}

// worst puts the worst field first and names it in the text for one, or, with the number of others, in the one for
// many.
func worst(fields []field, one, many string) string {
	slices.SortFunc(fields, func(a, b field) int {
		return cmp.Or(cmp.Compare(a.quality, b.quality), cmp.Compare(a.id, b.id))
	})
	switch n := len(fields) - 1; n {
	case 0:
		return fmt.Sprintf(one, fields[0].id)
	case 1:
		return fmt.Sprintf(many, fields[0].id+" and one other image")
	default:
		return fmt.Sprintf(many, fmt.Sprintf("%s and %d other images", fields[0].id, n))
	}
}
