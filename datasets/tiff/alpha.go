package tiff

import (
	"fmt"

	"r2unet/datasets/raster"
)

// alpha is the meaning of the sample after the colours (tag ExtraSamples).
type alpha int

const (
	noAlpha         alpha = iota
	unspecified           // a fourth sample without a stated meaning
	associated            // colours have been multiplied by alpha
	unassociated          // colours are as painted
	corelUnspecific = 999 // written by an old version of Corel Draw for unassociated alpha
)

func (a alpha) samples() int {
	if a == noAlpha {
		return 0
	}
	return 1
}

// findAlpha returns the meaning of the last sample of a pixel. A fourth sample without a stated meaning is taken for
// unassociated alpha, as in PIL and libtiff.
func findAlpha(channels, photometric int, extra []uint64) (alpha, error) {
	colours := 1
	if photometric == photoRGB {
		colours = 3
	}
	if channels != colours+1 {
		return noAlpha, nil
	}
	if len(extra) == 0 {
		if colours == 1 {
			return noAlpha, nil // check refuses it
		}
		return unassociated, nil
	}
	switch extra[0] {
	case 0:
		return unspecified, nil
	case 1:
		return associated, nil
	case 2, corelUnspecific:
		return unassociated, nil
	}
	return noAlpha, fmt.Errorf("the extra sample is of kind %d; "+
		"0 (unspecified), 1 (associated alpha) and 2 (unassociated alpha) are read", extra[0])
}

// split moves alpha out of interleaved samples and undoes the multiplication of colours by it.
func (a alpha) split(m *raster.Image) *raster.Image {
	if a == noAlpha {
		return m
	}
	out := m.SplitAlpha()
	switch a {
	case unspecified:
		out.Alpha = nil
	case associated:
		out.Unpremultiply()
	}
	return out
}
