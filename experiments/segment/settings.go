package segment

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"r2unet/experiments/assess"
	"r2unet/internal/model"
)

// Settings say how networks predict. The zero value predicts whole images, as the networks were tested.
type Settings struct {
	// Threshold of the probability of foreground; 0 = as chosen in training, or 0.5, and of several networks the mean
	// of that.
	Threshold float64
	// TTA averages over an image's symmetries: "flips", "d4", "none"; "" = as the networks were tested.
	TTA string
	// Post are steps of post-processing, see package postprocess; "none" is none, "" = as the networks were tested.
	Post string

	// Stride, in px, averages overlapping patches of Patch px; 0 = whole images. Patch 0 = the size that a network was
	// trained on.
	Stride, Patch int
	// Window, in px, averages overlapping windows by Gaussian weights; 0 = whole images. Overlap is the share of a
	// window that the next one covers again.
	Window  int
	Overlap float64

	// Uncertainty also asks for the standard deviation of the networks' probabilities.
	Uncertainty bool
}

// check returns an error for the first setting that cannot be, by its flag.
func (s Settings) check() error {
	switch {
	case !(s.Threshold >= 0 && s.Threshold <= 1):
		return fmt.Errorf("-threshold %g: must be above 0 and at most 1; 0 takes that of the checkpoint, or 0.5",
			s.Threshold)
	case s.Stride < 0 || s.Patch < 0:
		return fmt.Errorf("-stride %d -patch %d: must not be negative", s.Stride, s.Patch)
	case s.Patch > 0 && s.Stride == 0:
		return errors.New("-patch: is of -stride; name one too")
	case s.Window < 0 || s.Window > math.MaxInt16:
		return fmt.Errorf("-window %d: must be a side in px, at most %d", s.Window, math.MaxInt16)
	case s.Window > 0 && s.Stride > 0:
		return fmt.Errorf("-window %d -stride %d: both cut images into squares; leave one out", s.Window, s.Stride)
	case !(s.Overlap >= 0 && s.Overlap < 1):
		return fmt.Errorf("-overlap %g: must be a share of the window from 0 to below 1", s.Overlap)
	case s.Overlap > 0 && s.Window == 0:
		return errors.New("-overlap: is of windows; name a -window too")
	}
	return nil
}

// windows returns the squares that an image is cut into for a network that was trained on patches of a side in px (0 =
// whole images); ok is false if images are predicted whole.
func (s Settings) windows(trained int) (w assess.Windows, ok bool, err error) {
	side := cmp.Or(s.Patch, trained)
	switch {
	case s.Window > 0:
		stride := max(1, int(math.Round(float64(s.Window)*(1-s.Overlap))))
		batch := min(32, max(1, model.LargestPass/(s.Window*s.Window)))
		return assess.Windows{Side: s.Window, Stride: stride, Batch: batch, Gaussian: true}, true, nil
	case s.Stride == 0:
		return assess.Windows{}, false, nil
	case side == 0:
		return assess.Windows{}, false, fmt.Errorf("-stride %d: the network was trained on whole images; name a "+
			"-patch too", s.Stride)
	case s.Stride > side:
		return assess.Windows{}, false, fmt.Errorf("-stride %d: must be at most the patch of %d px; -patch sets "+
			"another",
			s.Stride, side)
	}
	return assess.Windows{Side: side, Stride: s.Stride, Batch: 32}, true, nil
}
