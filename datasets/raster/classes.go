package raster

import (
	"fmt"
	"math"
	"strings"
)

// NoClass is the index, in the result of Classes, of a pixel that belongs to no class and counts nowhere. It
// is not 255, so that a mask of 0 and 255 is never taken for one of classes.
const NoClass = 254

// A Level is a value that stands for a class in a label: a grey, or the index in a palette of colours; or a colour of 8
// bits.
type Level struct {
	Colour           bool
	Grey             float64
	Red, Green, Blue uint8
}

// Grey is the level of a grey value.
func Grey(v float64) Level { return Level{Grey: v} }

// RGB is the level of a colour.
func RGB(r, g, b uint8) Level { return Level{Colour: true, Red: r, Green: g, Blue: b} }

// String returns the level as it is written in the TOML file: 1, or #ff0000.
func (l Level) String() string {
	if l.Colour {
		return fmt.Sprintf("#%02x%02x%02x", l.Red, l.Green, l.Blue)
	}
	return fmt.Sprintf("%g", l.Grey)
}

// of returns the level as a pixel of the picture has it.
func (l Level) of(m *Image) colour {
	if !l.Colour {
		return colour{l.Grey, l.Grey, l.Grey}
	}
	scale := max(m.FullScale(), math.MaxUint8) / math.MaxUint8
	return colour{scale * float64(l.Red), scale * float64(l.Green), scale * float64(l.Blue)}
}

// mostStrange is how many values that are no class an error names.
const mostStrange = 4

// Classes returns the class of each pixel of a label, row by row: the place of its value among the levels, or NoClass
// where it is that of ignored pixels (nil: none). Greys of several channels are those of one. In a picture with a
// palette that has colours, greys are the indices, unless a level is a colour. A value that is none of these is an
// error.
func (m *Image) Classes(levels []Level, ignored *Level) ([]uint8, error) {
	known := map[colour]uint8{}
	byColour := ignored != nil && ignored.Colour
	for i, l := range levels {
		known[l.of(m)] = uint8(i)
		byColour = byColour || l.Colour
	}
	if ignored != nil {
		known[ignored.of(m)] = NoClass
	}
	at := func(i int) colour {
		c := m.colourAt(i)
		if m.Channels < 3 {
			c = colour{c[0], c[0], c[0]}
		}
		return c
	}
	if m.Indices != nil && !byColour {
		at = func(i int) colour { return colour{float64(m.Indices[i]), float64(m.Indices[i]), float64(m.Indices[i])} }
	}
	out := make([]uint8, m.Width*m.Height)
	var strange []string
	var last colour
	class, read := uint8(0), false
	for i := range out {
		if c := at(i); !read || c != last {
			var ok bool
			if class, ok = known[c]; !ok {
				if len(strange) == mostStrange {
					strange = append(strange, "")
					break
				}
				strange = append(strange, fmt.Sprintf("%s at column %d, row %d",
					levelText(c, m.FullScale(), byColour && m.Channels >= 3), i%m.Width, i/m.Width))
				known[c] = NoClass // each is named once
			}
			last, read = c, true
		}
		out[i] = class
	}
	switch n := len(strange); {
	case n == 0:
		return out, nil
	case n == 1:
		return nil, fmt.Errorf("its value %s is no class", strange[0])
	case n > mostStrange:
		return nil, fmt.Errorf("its values %s and others are no classes", strings.Join(strange[:mostStrange], ", "))
	default:
		return nil, fmt.Errorf("its values %s are no classes", strings.Join(strange, ", "))
	}
}

// levelText writes a pixel's value as Level.String does: a grey among colours is a colour.
func levelText(c colour, full float64, byColour bool) string {
	if c[0] == c[1] && c[1] == c[2] && !byColour {
		return Grey(c[0]).String()
	}
	scale := max(full, math.MaxUint8) / math.MaxUint8
	if math.Mod(c[0], scale)+math.Mod(c[1], scale)+math.Mod(c[2], scale) == 0 {
		return RGB(uint8(c[0]/scale), uint8(c[1]/scale), uint8(c[2]/scale)).String()
	}
	return fmt.Sprintf("(%g,%g,%g)", c[0], c[1], c[2])
}
