package score

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// mostClasses bounds the values of labels, as datasets do.
const mostClasses = 64

// labels says how pictures of labels are read: as two classes, or as several by their values.
type labels struct {
	levels  []raster.Level // of all files, the background first
	several bool
	ignored *raster.Level // of pixels that do not count; nil = none
}

// surveyLabels reads all labels and finds the values that they have.
func surveyLabels(ctx context.Context, truth folder, ignored *raster.Level) (labels, error) {
	l := labels{ignored: ignored}
	all, met := map[raster.Level]bool{}, false
	for _, path := range truth.paths {
		m, err := files.Picture(ctx, truth.join(path))
		if err != nil {
			return l, err
		}
		found, err := levelsOf(m)
		if err != nil {
			return l, fmt.Errorf("%s: %w", truth.join(path), err)
		}
		if ignored != nil {
			met = met || found[*ignored]
			delete(found, *ignored)
		}
		l.several = l.several || len(found) > 2
		for level := range found {
			all[level] = true
		}
		if len(all) > mostClasses {
			return l, fmt.Errorf("-truth: labels up to %s have more than %d values, so they are no classes; JPEG and "+
				"resizing blur labels", truth.join(path), mostClasses)
		}
	}
	for level := range all {
		l.levels = append(l.levels, level)
	}
	slices.SortFunc(l.levels, compareLevels)
	if ignored != nil && !met {
		return l, fmt.Errorf("-ignore %v: no label has this value; they have %s", *ignored, valuesOf(l.levels))
	}
	masks := []raster.Level{raster.Grey(0), raster.Grey(1), raster.Grey(255), raster.Grey(65535)}
	foreign := slices.ContainsFunc(l.levels, func(level raster.Level) bool { return !slices.Contains(masks, level) })
	l.several = l.several || len(all) > 2 && foreign
	if len(l.levels) == 0 || len(l.levels) == 1 && l.levels[0] != raster.Grey(0) {
		l.levels = slices.Insert(l.levels, 0, raster.Grey(0))
	}
	return l, nil
}

// levelsOf returns the values of a label, at most one more than there may be.
func levelsOf(m *raster.Image) (map[raster.Level]bool, error) {
	found := map[raster.Level]bool{}
	var last raster.Level
	for i := range m.Width * m.Height {
		level, err := levelAt(m, i)
		if err != nil {
			return nil, err
		}
		if i > 0 && level == last {
			continue
		}
		last = level
		if found[level] = true; len(found) > mostClasses {
			break
		}
	}
	return found, nil
}

// levelAt returns the value of a pixel as raster.Image.Classes compares it.
func levelAt(m *raster.Image, i int) (raster.Level, error) {
	switch {
	case m.Indices != nil:
		return raster.Grey(float64(m.Indices[i])), nil
	case m.Channels == 1:
		return raster.Grey(m.At(i)), nil
	case m.Channels != 3:
		return raster.Level{}, fmt.Errorf("has %d channels: labels are grey or coloured", m.Channels)
	}
	r, g, b := m.At(3*i), m.At(3*i+1), m.At(3*i+2)
	switch {
	case r == g && g == b:
		return raster.Grey(r), nil
	case m.Type != raster.Uint8:
		return raster.Level{}, fmt.Errorf("has colours of type %s: those of labels have 8 bits", m.Type)
	}
	return raster.RGB(uint8(r), uint8(g), uint8(b)), nil
}

// compareLevels puts greys before colours, and small ones first.
func compareLevels(a, b raster.Level) int {
	if a.Colour != b.Colour {
		if b.Colour {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Grey, b.Grey), cmp.Compare(a.Red, b.Red), cmp.Compare(a.Green, b.Green),
		cmp.Compare(a.Blue, b.Blue))
}

// names returns the names of the classes: their values.
func (l *labels) names() []string {
	var names []string
	for _, level := range l.levels {
		names = append(names, level.String())
	}
	return names
}

// read returns the class of each pixel of a label: 0 or 1 unless there are several, or datasets.NoClass.
func (l *labels) read(m *raster.Image) ([]uint8, error) {
	if l.ignored == nil && !l.several {
		return m.Binary()
	}
	classes, err := m.Classes(l.levels, l.ignored)
	if err != nil {
		return nil, fmt.Errorf("%w; labels have the values %s", err, strings.Join(l.names(), ", "))
	}
	if !l.several {
		for i, c := range classes {
			if c != datasets.NoClass {
				classes[i] = min(c, 1)
			}
		}
	}
	return classes, nil
}

// valuesOf lists the first few of some values.
func valuesOf(levels []raster.Level) string {
	const most = 8
	var texts []string
	for _, level := range levels[:min(len(levels), most)] {
		texts = append(texts, level.String())
	}
	if len(levels) > most {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}
