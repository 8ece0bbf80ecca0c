package raster

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxListedValues is the number of distinct values from which a label is not binary.
const maxListedValues = 4

// Label is a label or mask as zeros and ones, with the two values of the file that they stand for.
type Label struct {
	Mask []uint8 // row-major, Width·Height bytes

	// The values of the file that became 0 and 1, "" if there is none: a grey such as "2", a colour such as
	// "(128,0,0)", or "transparent" and "opaque" if alpha was read. White, and 1 beside 0, are "white"; black is
	// "black". So labels that write these differently compare equal.
	Background, Foreground string
}

// Binary returns the Mask of Label, for a label or mask of two values.
func (m *Image) Binary() ([]uint8, error) {
	l, err := m.Label(0)
	if err != nil {
		return nil, err
	}
	return l.Mask, nil
}

// Label reads a label or mask: a picture of at most two values, whatever they are (0/1, 0/255, the colours (4,2,4) and
// (252,254,252) of DRIVE's second observer). The lighter one becomes 1: the value with the larger sum of channels or,
// if the sums are equal, with the larger luminance, so that red is lighter than blue. A picture of a single value is
// background if that value is dark, and foreground if it is 1 or bright. If only alpha differs, the more opaque value
// becomes 1.
//
// It is an error if there are more than two values, as in a label saved as JPEG, if colour and alpha contradict each
// other, or if there is a NaN. With a threshold above 0, pixels become 1 from this level on instead, see Threshold.
func (m *Image) Label(threshold float64) (*Label, error) {
	if threshold > 0 {
		return m.Threshold(threshold)
	}
	colours, mask, err := m.colours()
	if err != nil {
		return nil, err
	}
	if len(colours) > 2 {
		return nil, m.tooMany(colours)
	}
	if m.Alpha != nil {
		alpha := &Image{Width: m.Width, Height: m.Height, Channels: 1, Type: m.Type, Data: m.Alpha}
		opacities, opaque, _ := alpha.colours()
		switch {
		case len(opacities) > 2:
			return nil, fmt.Errorf("a label or mask has two values, but this has alpha of %s; %s",
				alpha.list(opacities), softAdvice)
		case len(opacities) == 1 && opacities[0][0] == 0:
			return nil, errors.New("the label or mask is transparent everywhere; save it without alpha")
		case len(opacities) == 2 && len(colours) == 1:
			// Greys that differ cannot be equally light.
			_, _, _ = alpha.order(opacities, opaque)
			return &Label{Mask: opaque, Background: "transparent", Foreground: "opaque"}, nil
		case len(opacities) == 2:
			_, _, _ = alpha.order(opacities, opaque)
			if _, _, err := m.order(colours, mask); err != nil || !slices.Equal(mask, opaque) {
				return nil, fmt.Errorf("the label or mask has two colours, %s, and two opacities, "+
					"and the lighter colour is not the opaque one: it is not clear what is labelled; save it without "+
					"alpha",
					m.list(colours))
			}
			return &Label{
				Mask:       mask,
				Background: m.canonical(colours[0], nil), Foreground: m.canonical(colours[1], &colours[0]),
			}, nil
		}
	}
	if len(colours) == 1 {
		return m.single(colours[0]), nil
	}
	low, high, err := m.order(colours, mask)
	if err != nil {
		return nil, err
	}
	return &Label{Mask: mask, Background: m.canonical(low, nil), Foreground: m.canonical(high, &low)}, nil
}

// colour holds the channels of a pixel. A grey has one channel, followed by zeros.
type colour [3]float64

func (c colour) sum() float64 { return c[0] + c[1] + c[2] }

// luminance is that of Rec. 601.
func (c colour) luminance() float64 { return 0.299*c[0] + 0.587*c[1] + 0.114*c[2] }

func (m *Image) colourAt(i int) (c colour) {
	for k := range min(m.Channels, len(c)) {
		c[k] = m.At(i*m.Channels + k)
	}
	return c
}

// colours lists the colours in order of occurrence, and the position in this list of each pixel's colour. It stops
// beyond maxListedValues.
func (m *Image) colours() (list []colour, places []uint8, err error) {
	places = make([]uint8, m.Width*m.Height)
	last := -1
	for i := range places {
		c := m.colourAt(i)
		if last < 0 || list[last] != c {
			if last = slices.Index(list, c); last < 0 {
				if math.IsNaN(c.sum()) {
					return nil, nil, fmt.Errorf("NaN at column %d, row %d", i%m.Width, i/m.Width)
				}
				if list = append(list, c); len(list) > maxListedValues {
					return list, nil, nil
				}
				last = len(list) - 1
			}
		}
		places[i] = uint8(last)
	}
	return list, places, nil
}

// order puts the darker of two colours first, in the list and in the positions.
func (m *Image) order(list []colour, places []uint8) (low, high colour, err error) {
	a, b := list[0], list[1]
	swap := a.sum() > b.sum()
	if a.sum() == b.sum() {
		if a.luminance() == b.luminance() {
			return a, b, fmt.Errorf("the two colours of the label or mask, %s, are equally light: "+
				"it is not clear what is labelled; save it in black and white", m.list(list))
		}
		swap = a.luminance() > b.luminance()
	}
	if swap {
		list[0], list[1] = b, a
		for i := range places {
			places[i] ^= 1
		}
	}
	return list[0], list[1], nil
}

// single returns the label of a picture with one colour.
func (m *Image) single(c colour) *Label {
	out := &Label{Mask: make([]uint8, m.Width*m.Height)}
	v, full := c.sum()/float64(m.Channels), m.FullScale()
	if v == 1 || full > 0 && v > full/2 || full == 0 && v > 0 {
		for i := range out.Mask {
			out.Mask[i] = 1
		}
		out.Foreground = m.canonical(c, &colour{})
	} else {
		out.Background = m.canonical(c, nil)
	}
	return out
}

// nearly is how far a colour may be from black or white and still count as it: 8 of 255 levels.
const nearly = 8.0 / 255

// canonical returns the name of a value as in Label. background is the background of a foreground value, and nil for a
// background.
func (m *Image) canonical(c colour, background *colour) string {
	full := m.FullScale()
	dark, white := full > 0, full > 0
	for k := range m.Channels {
		dark = dark && c[k] <= nearly*full
		white = white && c[k] >= (1-nearly)*full
	}
	if full == 0 { // signed and float labels
		white = c == colour{255} || c == colour{255, 255, 255}
	}
	one := m.Channels == 1 && c[0] == 1 || m.Channels == 3 && c == colour{1, 1, 1}
	switch {
	case background != nil && (white || one && *background == colour{}):
		return "white"
	case background == nil && (c == colour{} || dark && c[0] > 2):
		return "black"
	}
	return m.text(c)
}

// text formats a colour: a grey as one number.
func (m *Image) text(c colour) string {
	if m.Channels == 1 || c[0] == c[1] && c[1] == c[2] {
		return fmt.Sprintf("%g", c[0])
	}
	return fmt.Sprintf("(%g,%g,%g)", c[0], c[1], c[2])
}

const softAdvice = "save it with two values and without loss, as PNG for example, " +
	"or set label-threshold = 0.5 for the dataset, " +
	"which takes what is at least half as bright as white"

// tooMany lists the values of a label and says what can be done: greys can be thresholded, colours stand for classes.
func (m *Image) tooMany(list []colour) error {
	advice := softAdvice
	if slices.ContainsFunc(list, m.colourful) {
		advice = "keep one class, and save it without loss, as PNG for example"
	}
	advice += "; where each stands for a class, name them with the key classes"
	return fmt.Errorf("a label or mask has two values, but this has %s; %s", m.list(list), advice)
}

func (m *Image) list(values []colour) string {
	values = slices.Clone(values)
	slices.SortFunc(values, func(a, b colour) int { return slices.Compare(a[:], b[:]) })
	what := "the values "
	texts := make([]string, 0, len(values)+1)
	for _, c := range values[:min(len(values), maxListedValues)] {
		texts = append(texts, m.text(c))
		if strings.HasPrefix(texts[len(texts)-1], "(") {
			what = "the colours "
		}
	}
	if len(values) > maxListedValues {
		texts = append(texts, "…")
	}
	return what + strings.Join(texts, ", ")
}
