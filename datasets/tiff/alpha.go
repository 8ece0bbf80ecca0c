package tiff

import (
	"fmt"

	"r2unet/datasets/raster"
)

// alpha is what the sample behind the colours means (tag ExtraSamples).
type alpha int

const (
	noAlpha         alpha = iota
	unspecified           // a fourth sample of no known meaning
	associated            // colours have been multiplied by alpha
	unassociated          // colours are as they were painted
	corelUnspecific = 999 // an old version of Corel Draw writes this for unassociated alpha
)

func (a alpha) samples() int {
	if a == noAlpha {
		return 0
	}
	return 1
}

// findAlpha tells what the last sample of a pixel is. Files that have a fourth sample and do not say what it is are read as PIL and
// libtiff read them: as alpha that is not associated.
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
			return noAlpha, nil // which check refuses
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
	return noAlpha, fmt.Errorf("the extra sample is of kind %d; 0 (unspecified), 1 (associated alpha) and 2 (unassociated alpha) are read", extra[0])
}

// split takes alpha out of interleaved samples and gives colours as they were before they were multiplied by it.
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
