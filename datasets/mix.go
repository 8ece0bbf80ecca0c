package datasets

import (
	"math/rand/v2"

	"r2unet/datasets/augment"
)

// streams returns the streams of random numbers of a sample's augmentations.
func (s *source) streams(epoch, index int) augment.Streams { return s.own(" augment ", epoch, index) }

// own returns streams that only samples of one epoch and index have, told apart by the name of their use.
func (s *source) own(use string, epoch, index int) augment.Streams {
	return func(key string) *rand.Rand { return stream(s.ds.seed, s.name+use+key, epoch, index) }
}

// partner is another sample that a part is taken from: the numbers it is drawn with, and its image and target.
type partner struct {
	r             *rand.Rand
	streams       augment.Streams
	image, target []float32
}

// mix replaces a part of a sample of h×w px by that of another one, if cutmix says so. other draws the other sample,
// which follows from seed, epoch and index like the sample itself, and is augmented and normalized like one.
func (s *source) mix(epoch, index, h, w int, image, target []float32, other func(*partner) error) error {
	part := s.augment.DrawCutMix(s.streams(epoch, index), h, w)
	if part.Empty() {
		return nil
	}
	streams := s.own(" partner ", epoch, index)
	image, target = image[:s.ds.Channels()*h*w], target[:h*w]
	p := &partner{streams("place"), streams, make([]float32, len(image)), make([]float32, len(target))}
	if err := other(p); err != nil {
		return err
	}
	augment.Paste(image, target, p.image, p.target, part, w)
	return nil
}
