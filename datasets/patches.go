package datasets

import (
	"context"
	"fmt"
	"math/rand/v2"

	"r2unet/datasets/cache"
)

// patches gives square patches drawn at random from the images of a list.
type patches struct {
	source
	count  int
	fixed  bool // one set of patches for all epochs; in training in a new order each epoch
	orders orders
}

func (s *patches) Len() int { return s.count }

func (s *patches) Shape() (c, h, w int) { return s.ds.Channels(), s.ds.config.Patch, s.ds.config.Patch }

func (s *patches) Size(_, _ int) (h, w int) { return s.ds.config.Patch, s.ds.config.Patch }

func (s *patches) Fill(ctx context.Context, epoch, index int, image, target []float32) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if index < 0 || index >= s.count {
		return fmt.Errorf("%s: sample %d: an epoch has %d", s.ds.Name, index, s.count)
	}
	number, drawing := index, epoch
	if s.fixed {
		drawing = 0
		if !s.validation {
			number = s.orders.of(s.ds.seed, s.name, epoch, s.count)[index]
		}
	}
	r := stream(s.ds.seed, s.name, drawing, number)
	id, x, y, err := s.place(ctx, r)
	if err != nil {
		return err
	}
	p, n, err := s.picture(ctx, id)
	if err != nil {
		return err
	}
	if s.fixed { // the places stay, the augmentation is new in each epoch
		r = stream(s.ds.seed, s.name+" augment", epoch, index)
	}
	size := s.ds.config.Patch
	half := float64(size-1) / 2
	s.render(r, s.streams(epoch, index), p, n, float64(x)+half, float64(y)+half, size, size, image, target)
	return s.mix(epoch, index, size, size, image, target, func(other *partner) error {
		at := other.r
		if s.fixed {
			at = stream(s.ds.seed, s.name, 0, other.r.IntN(s.count)) // one of the set
		}
		id, x, y, err := s.place(ctx, at)
		if err != nil {
			return err
		}
		p, n, err := s.picture(ctx, id)
		if err != nil {
			return err
		}
		s.render(other.r, other.streams, p, n, float64(x)+half, float64(y)+half, size, size, other.image, other.target)
		return nil
	})
}

// maxTries bounds the search for a patch whose centre is where the sampling wants it.
const maxTries = 100_000

// place draws an image and the upper left corner of a patch that lies in it. With sampling = "fov" the centre lies in
// the field of view; with "balanced" it lies there too and, in half of the patches, on the structure, in the other
// half beside it, or on each class equally often.
func (s *patches) place(ctx context.Context, r *rand.Rand) (id string, x, y int, err error) {
	size := s.ds.config.Patch
	class := uint8(r.IntN(max(len(s.ds.config.Classes), 2)))
	for range maxTries {
		id = s.ids[r.IntN(len(s.ids))]
		p, err := s.ds.prepared(ctx, id)
		if err != nil {
			return "", 0, 0, err
		}
		x, y = r.IntN(p.Width-size+1), r.IntN(p.Height-size+1)
		centre := (y+size/2)*p.Width + x + size/2
		if s.wanted(p, centre, class) {
			return id, x, y, nil
		}
	}
	if classes := s.ds.config.Classes; len(classes) > 0 {
		return "", 0, 0, fmt.Errorf("%s: sampling = %q: no patch with %s in its centre found after %d tries; is it "+
			"in no label of the training images?", s.ds.Name, s.ds.config.Sampling, classes[class].Name, maxTries)
	}
	return "", 0, 0, fmt.Errorf("%s: sampling = %q: no patch found after %d tries; are all labels of the training "+
		"images empty?", s.ds.Name, s.ds.config.Sampling, maxTries)
}

func (s *patches) wanted(p *cache.Sample, centre int, class uint8) bool {
	if s.ds.config.Sampling == "uniform" {
		return true
	}
	if p.FOV != nil && p.FOV[centre] == 0 {
		return false
	}
	return s.ds.config.Sampling == "fov" || p.Truth[centre] == class
}

// PatchCentres lists where the training patches of an epoch that come from one image have their centres, as column
// and row.
func (f *Fold) PatchCentres(ctx context.Context, epoch int, id string) ([][2]int, error) {
	ds := f.Dataset
	if ds.config.Patch == 0 {
		return nil, fmt.Errorf("%s: patch = 0: whole images have no patch centres", ds.Name)
	}
	s := f.trainPatches()
	var out [][2]int
	for i := range s.count {
		from, x, y, err := s.place(ctx, stream(ds.seed, s.name, epoch, i))
		if err != nil {
			return nil, err
		}
		if from == id {
			out = append(out, [2]int{x + ds.config.Patch/2, y + ds.config.Patch/2})
		}
	}
	return out, nil
}
