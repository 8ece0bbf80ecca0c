package datasets

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"r2unet/datasets/augment"
)

// Source gives training or validation samples. Sample index of an epoch is a pure function of (seed, epoch, index),
// so that any number of workers gives the same batches and a resumed run continues the same stream. Methods may be
// called concurrently.
type Source interface {
	// Len is the number of samples of an epoch.
	Len() int
	// Shape is the size of a sample: image [C, H, W], target [1, H, W]. Where samples differ in size, it is the largest
	// height and the largest width.
	Shape() (c, h, w int)
	// Size is the height and width of one sample, px.
	Size(epoch, index int) (h, w int)
	// Fill writes sample index of an epoch: the image normalized, the target zeros and ones, or classes; −1 counts
	// nowhere.
	Fill(ctx context.Context, epoch, index int, image, target []float32) error
}

// TrainSource returns the fold's training samples. Nothing is decoded yet: Prepare does that, with progress, and
// otherwise the first sample, so that a broken file of the fold is an error before training begins and not after
// hours.
func (f *Fold) TrainSource() Source { return f.Augmented(f.Dataset.config.Augment) }

// Augmented is TrainSource with another augmentation than the dataset's.
func (f *Fold) Augmented(a augment.Config) Source {
	if f.Dataset.config.Patch > 0 {
		s := f.trainPatches()
		s.augment = a
		return s
	}
	s := f.trained()
	s.augment = a
	return wholeImages(s)
}

// trainPatches returns the training samples if they are patches.
func (f *Fold) trainPatches() *patches {
	c := f.Dataset.config
	return &patches{source: f.trained(), count: c.Patches, fixed: c.Draw == "once"}
}

// trained is what all kinds of training samples have in common.
func (f *Fold) trained() source {
	ds := f.Dataset
	return source{ds: ds, fold: f, name: fmt.Sprintf("train %d", f.Number), ids: f.Train, augment: ds.config.Augment}
}

// ValidationSource returns the fold's validation samples: the same ones in every epoch, not augmented.
func (f *Fold) ValidationSource() Source {
	ds := f.Dataset
	s := source{ds: ds, fold: f, name: fmt.Sprintf("validation %d", f.Number), ids: f.Validation, validation: true}
	if ds.config.Patch == 0 {
		return wholeImages(s)
	}
	if len(s.ids) == 0 {
		s.ids = f.Train
	}
	return &patches{source: s, count: ds.config.ValidationPatches, fixed: true}
}

// source is what patches and whole images have in common.
type source struct {
	ds         *Dataset
	fold       *Fold
	name       string // of the random stream
	ids        []string
	validation bool
	augment    augment.Config
}

// begin prepares the fold's images once, before its first sample.
func (s *source) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.fold.Prepare(ctx)
}

// picture gives a prepared image as the source of pixels of samples.
func (s *source) picture(ctx context.Context, id string) (augment.Picture, Normalization, error) {
	p, err := s.ds.prepared(ctx, id)
	if err != nil {
		return augment.Picture{}, Normalization{}, err
	}
	n, err := s.fold.normalizer(ctx, p)
	picture := augment.Picture{Width: p.Width, Height: p.Height, Channels: p.Channels, Pixels: p.Pixels, Truth: p.Truth}
	if s.ds.config.LossRegion == "fov" {
		picture.Counted = p.FOV
	}
	return picture, n, err
}

// render writes a sample of h×w px around a point of a picture.
func (s *source) render(
	r *rand.Rand, streams augment.Streams, p augment.Picture, n Normalization, x, y float64, h, w int,
	image, target []float32,
) {
	t := s.augment.Draw(r, streams, h, w)
	t.Render(image, target, p, x, y)
	t.Shade(image, n.Mean)
	n.apply(image)
}

// whole gives whole images, each in its own size, in a new order each epoch.
type whole struct {
	source
	sizes  [][2]int // height and width of each of ids
	h, w   int      // the largest
	orders orders
}

func wholeImages(s source) Source {
	out := &whole{source: s}
	for _, id := range s.ids {
		w, h := s.ds.size(s.ds.images[id])
		out.sizes = append(out.sizes, [2]int{h, w})
		out.h, out.w = max(out.h, h), max(out.w, w)
	}
	return out
}

func (s *whole) Len() int { return len(s.ids) }

func (s *whole) Shape() (c, h, w int) { return s.ds.Channels(), s.h, s.w }

func (s *whole) Size(epoch, index int) (h, w int) {
	size := s.sizes[s.at(epoch, index)]
	return size[0], size[1]
}

// at is the place in ids of a sample.
func (s *whole) at(epoch, index int) int {
	if s.validation {
		return index
	}
	return s.orders.of(s.ds.seed, s.name, epoch, len(s.ids))[index]
}

func (s *whole) Fill(ctx context.Context, epoch, index int, image, target []float32) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	at := s.at(epoch, index)
	p, n, err := s.picture(ctx, s.ids[at])
	if err != nil {
		return err
	}
	h, w := s.sizes[at][0], s.sizes[at][1]
	x, y := float64(w-1)/2, float64(h-1)/2
	s.render(stream(s.ds.seed, s.name, epoch, index), s.streams(epoch, index), p, n, x, y, h, w, image, target)
	return s.mix(epoch, index, h, w, image, target, func(other *partner) error {
		at := other.r.IntN(len(s.ids))
		p, n, err := s.picture(ctx, s.ids[at])
		if err != nil {
			return err
		}
		x, y := float64(s.sizes[at][1]-1)/2, float64(s.sizes[at][0]-1)/2 // its middle, if it has another size
		s.render(other.r, other.streams, p, n, x, y, h, w, other.image, other.target)
		return nil
	})
}

// orders remembers the order of the current epoch's samples, which is drawn at once for all of them.
type orders struct {
	mu    sync.Mutex
	epoch int
	order []int
}

func (o *orders) of(seed uint64, name string, epoch, n int) []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.order == nil || o.epoch != epoch {
		o.order, o.epoch = stream(seed, name+" order", epoch, 0).Perm(n), epoch
	}
	return o.order
}
