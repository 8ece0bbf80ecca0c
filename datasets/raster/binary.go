package raster

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxListedValues is how many distinct values are counted before a label is given up as not binary.
const maxListedValues = 4

// Binary reads a label or mask: a picture of at most two values, whatever they are (0/1, 0/255, the colours (4,2,4) and
// (252,254,252) of DRIVE's second observer). The brighter value becomes 1. A picture of a single value is background if that value
// is dark, foreground if it is 1 or bright. The result is row-major, Width·Height bytes.
//
// It is an error if there are more than two values, as in a label that was saved as JPEG, or a NaN.
func (m *Image) Binary() ([]uint8, error) {
	out := make([]uint8, m.Width*m.Height)
	var values []float64
	for i := range out {
		v := m.sum(i)
		k := slices.Index(values, v)
		if k < 0 {
			if math.IsNaN(v) {
				return nil, fmt.Errorf("NaN at column %d, row %d", i%m.Width, i/m.Width)
			}
			k = len(values)
			values = append(values, v)
			if len(values) > maxListedValues {
				break
			}
		}
		out[i] = uint8(k)
	}
	if len(values) > 2 {
		return nil, fmt.Errorf("a label or mask has two values, but this has %s; threshold it and save it without loss, as PNG for example", m.list(values))
	}
	var code [2]uint8
	if len(values) == 2 {
		code[0], code[1] = 1, 0
		if values[1] > values[0] {
			code[0], code[1] = 0, 1
		}
	} else if m.bright(values[0]) {
		code[0] = 1
	}
	for i, k := range out {
		out[i] = code[k]
	}
	return out, nil
}

// sum adds the channels of pixel i, which tells colours of a two-colour label apart.
func (m *Image) sum(i int) float64 {
	v := 0.0
	for c := range m.Channels {
		v += m.At(i*m.Channels + c)
	}
	return v
}

func (m *Image) bright(v float64) bool {
	v /= float64(m.Channels)
	if v == 1 {
		return true
	}
	if full := m.FullScale(); full > 0 {
		return v > full/2
	}
	return v > 0
}

func (m *Image) list(values []float64) string {
	slices.Sort(values)
	texts := make([]string, 0, len(values)+1)
	for _, v := range values[:min(len(values), maxListedValues)] {
		texts = append(texts, fmt.Sprintf("%g", v/float64(m.Channels)))
	}
	if len(values) > maxListedValues {
		texts = append(texts, "…")
	}
	return "the values " + strings.Join(texts, ", ")
}
