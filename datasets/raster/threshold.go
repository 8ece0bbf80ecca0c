package raster

import (
	"errors"
	"fmt"
)

// colourfulness is the difference between channels, as a share of full scale, from which a colour is not a grey tinted
// by JPEG.
const colourfulness = 0.25

func (m *Image) colourful(c colour) bool {
	return m.Channels == 3 && max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > colourfulness*m.FullScale()
}

// Threshold reads a label or mask in grey, such as one with soft edges or one blurred by JPEG: a pixel becomes 1 if
// its level is at least threshold, as a share of full scale (0.5 is half as bright as white). The level is the
// luminance times alpha, or alpha alone in a picture of one colour with alpha.
//
// It is an error if the samples have no full scale, if pixels are coloured, because colours stand for classes, and if
// the values are 0 and 1, which are both below any sensible level.
func (m *Image) Threshold(threshold float64) (*Label, error) {
	full := m.FullScale()
	if full == 0 {
		return nil, fmt.Errorf("label-threshold is a share of white, but %v samples have no value for white; "+
			"leave it out, and save the label with two values", m.Type)
	}
	out := &Label{Mask: make([]uint8, m.Width*m.Height), Background: "black", Foreground: "white"}
	alpha := &Image{Type: m.Type, Data: m.Alpha}
	painted := m.Alpha != nil && m.oneColour()
	largest, ones := 0.0, 0
	for i := range out.Mask {
		c := m.colourAt(i)
		if m.colourful(c) {
			return nil, fmt.Errorf("label-threshold reads grey labels, but this one has the colour %s at column %d, "+
				"row %d; leave label-threshold out, or save the label in grey",
				m.text(c), i%m.Width, i/m.Width)
		}
		level := c[0]
		if m.Channels == 3 {
			level = c.luminance()
		}
		switch {
		case painted:
			level = alpha.At(i)
		case m.Alpha != nil:
			level *= alpha.At(i) / full
		}
		largest = max(largest, level)
		if level > 0 {
			ones++
		}
		// The luminance of white is a rounding error below full scale.
		if level*(1+1e-12) >= threshold*full {
			out.Mask[i] = 1
		}
	}
	if largest <= 1 && ones > 0 && full*threshold > 1 {
		return nil, errors.New("the label or mask has the values 0 and 1, which are both below label-threshold; " +
			"leave label-threshold out for such labels")
	}
	return out, nil
}

func (m *Image) oneColour() bool {
	first := m.colourAt(0)
	for i := range m.Width * m.Height {
		if m.colourAt(i) != first {
			return false
		}
	}
	return true
}
