package score

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"r2unet/datasets/files"
	"r2unet/datasets/raster"
	"r2unet/evaluate/record"
)

// scale says how the samples of a folder's predictions become probabilities.
type scale struct {
	linear bool   // levels of 16 bits are shares of 65535, and not those of record.ProbabilityLevel
	unit   bool   // masks of 0 and 1
	masks  bool   // each sample is black or white
	mixed  string // which look like masks while others do not; "" = none
}

// surveyPredictions reads a folder's predictions and finds out whether they are masks. Masks of 0 and 1 are told from
// probabilities by all of them together, as a picture of faint probabilities may have these levels, too.
func surveyPredictions(ctx context.Context, items []item, k int, linear bool) (scale, error) {
	largest, floats := 0.0, false
	s := scale{linear: linear, masks: true}
	var flat []string // pictures of two values, the smaller one 0
	for _, it := range items {
		m, err := files.Picture(ctx, it.predictions[k])
		if err != nil {
			return s, err
		}
		if err := checkGrey(m); err != nil {
			return s, fmt.Errorf("%s: %w", it.predictions[k], err)
		}
		full := m.FullScale()
		if m.Type == raster.Float32 {
			full, floats = 1, true
		}
		most, two := 0.0, true
		for i := 0; i < m.Samples(); i += m.Channels {
			v := m.At(i)
			if v != 0 {
				two = two && (most == 0 || v == most)
				most = max(most, v)
			}
			s.masks = s.masks && (v == 0 || v == full)
		}
		largest = max(largest, most)
		if two && (most == 1 || most == full) {
			flat = append(flat, it.predictions[k])
		}
	}
	s.unit = largest == 1 && !floats
	s.masks = s.masks || s.unit
	if len(flat) > 0 && !s.masks {
		s.mixed = fmt.Sprintf("%d of %d predictions, such as %s, have two values as masks have, the others are "+
			"probabilities: a threshold and the measures of ranks mix both.", len(flat), len(items), flat[0])
	}
	return s, nil
}

// checkGrey refuses pictures that are neither masks nor probabilities.
func checkGrey(m *raster.Image) error {
	switch m.Type {
	case raster.Uint8, raster.Uint16, raster.Float32:
	default:
		return fmt.Errorf("has samples of type %s: predictions have 8 or 16 bits, or are floats from 0 to 1", m.Type)
	}
	if m.Alpha != nil {
		return fmt.Errorf("is transparent in places: predictions are opaque")
	}
	for i := 0; m.Channels > 1 && i < m.Samples(); i += m.Channels {
		for c := 1; c < m.Channels; c++ {
			if m.At(i+c) != m.At(i) {
				return fmt.Errorf("is coloured, but the labels have two values: predictions of them are grey")
			}
		}
	}
	return nil
}

var (
	levelTable  = table16(record.LevelProbability)
	linearTable = table16(func(level uint16) float64 { return float64(level) / math.MaxUint16 })
)

func table16(of func(uint16) float64) *[1 << 16]float32 {
	var t [1 << 16]float32
	for level := range t {
		t[level] = float32(of(uint16(level)))
	}
	return &t
}

// probabilities returns those of a picture, row by row.
func (s scale) probabilities(m *raster.Image) []float32 {
	p := make([]float32, m.Width*m.Height)
	table := levelTable
	if s.linear {
		table = linearTable
	}
	for i := range p {
		at := i * m.Channels
		switch {
		case s.unit || m.Type == raster.Float32:
			p[i] = float32(m.At(at))
		case m.Type == raster.Uint16:
			p[i] = table[binary.LittleEndian.Uint16(m.Data[2*at:])]
		default:
			p[i] = float32(m.At(at) / math.MaxUint8)
		}
	}
	return p
}

// oneHot returns probabilities [K, H, W] of predicted classes: 1 for the class, and 0 for the others.
func oneHot(classes []uint8, count int) []float32 {
	p := make([]float32, count*len(classes))
	for i, c := range classes {
		p[int(c)*len(classes)+i] = 1
	}
	return p
}
