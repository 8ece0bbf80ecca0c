// Package dicom reads uncompressed DICOM images: CT slices as CT numbers, using their rescale slope and intercept, and
// grey or RGB photographs.
//
// It reads only a small part of DICOM, in place, and checks every length against the file before using it. The Go
// libraries for DICOM allocate what a length claims, up to 4 GB for a file of a few hundred bytes.
package dicom

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"r2unet/datasets/raster"
)

// layout describes the pixels of a file.
type layout struct {
	width, height, channels int
	frames                  int
	allocated, stored, high int // bits per sample, bits in use, and the highest bit in use
	signed, planar          bool
	measured                bool // quantities such as CT numbers, not grey levels of a photograph
	inverted                bool // 0 is white
	slope, intercept        float64
	modality                string // such as CT
	pixels                  []byte
}

// Pages returns the number of frames.
func Pages(data []byte) (int, error) {
	l, err := readLayout(data)
	if err != nil {
		return 0, fmt.Errorf("dicom: %w", err)
	}
	return l.frames, nil
}

// Size returns the width and height in px. It returns an error unless Decode can read the file.
func Size(data []byte) (width, height int, err error) {
	l, err := readLayout(data)
	if err != nil {
		return 0, 0, fmt.Errorf("dicom: %w", err)
	}
	return l.width, l.height, nil
}

// Decode reads one frame, counted from 0. CT numbers, and other numbers with a slope and an intercept, become int16 if
// they are whole and fit, int32 if they are whole, and float32 otherwise. Grey levels of photographs become uint8 or
// uint16, scaled to the type's full range. Decode returns the context's error when it ends.
func Decode(ctx context.Context, data []byte, frame int) (*raster.Image, error) {
	l, err := readLayout(data)
	if err != nil {
		return nil, fmt.Errorf("dicom: %w", err)
	}
	if frame >= l.frames {
		return nil, fmt.Errorf("dicom: there is no frame %d; the file has %d", frame+1, l.frames)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	size := l.frameBytes()
	pixels := l.pixels[frame*size : (frame+1)*size]
	var m *raster.Image
	if l.measured {
		m = l.numbers(pixels)
	} else {
		m = l.levels(pixels)
	}
	m.Modality = l.modality
	return m, nil
}

func (l *layout) frameBytes() int { return l.width * l.height * l.channels * l.allocated / 8 }

// readLayout reads what is needed to decode the pixels. Its errors name what is not supported.
func readLayout(data []byte) (*layout, error) {
	e, err := read(data)
	if err != nil {
		return nil, err
	}
	l := &layout{pixels: e[tagPixels]}
	var signed, planar int
	for _, f := range []struct {
		tag      uint32
		fallback int
		to       *int
	}{
		{tagRows, 0, &l.height},
		{tagColumns, 0, &l.width},
		{tagSamples, 1, &l.channels},
		{tagBitsAllocated, 0, &l.allocated},
		{tagBitsStored, -1, &l.stored},
		{tagHighBit, -1, &l.high},
		{tagSigned, 0, &signed},
		{tagPlanar, 0, &planar},
	} {
		if *f.to, err = e.number(f.tag, f.fallback); err != nil {
			return nil, err
		}
	}
	frames, err := e.decimal(tagFrames, 1)
	if err != nil {
		return nil, err
	}
	l.signed, l.planar = signed == 1, planar == 1
	if l.stored < 0 {
		l.stored = l.allocated
	}
	if l.high < 0 {
		l.high = l.stored - 1
	}
	if err := raster.CheckSize(l.width, l.height); err != nil {
		return nil, err
	}
	switch {
	case l.allocated != 8 && l.allocated != 16 && l.allocated != 32:
		return nil, fmt.Errorf("the file has %d bits a sample; 8, 16 and 32 are read", l.allocated)
	case l.stored < 1 || l.high < l.stored-1 || l.high >= l.allocated:
		return nil, fmt.Errorf("%d bits per sample with highest bit %d do not fit into the %d bits of a sample",
			l.stored, l.high, l.allocated)
	case frames < 1 || frames != math.Trunc(frames) || frames > float64(len(l.pixels)):
		return nil, fmt.Errorf("the file gives %g frames", frames)
	}
	l.frames = int(frames)
	if err := l.readMeaning(e); err != nil {
		return nil, err
	}
	if want := int64(l.frameBytes()) * int64(l.frames); want > int64(len(l.pixels)) {
		return nil, fmt.Errorf("%d frames of %d×%d pixels need %d bytes, but the file has only %d; it is cut off",
			l.frames, l.width, l.height, want, len(l.pixels))
	}
	return l, nil
}

// readMeaning tells measured numbers from grey levels, and grey from colour.
func (l *layout) readMeaning(e elements) (err error) {
	photometric, modality := e.text(tagPhotometric), e.text(tagModality)
	l.modality = modality
	switch {
	case photometric == "RGB" && l.channels == 3 && l.allocated == 8 && !l.signed:
		return nil
	case l.channels != 1 || photometric != "MONOCHROME1" && photometric != "MONOCHROME2":
		return fmt.Errorf("the file has %d samples a pixel of the kind %q and %d bits; "+
			"MONOCHROME1 and MONOCHROME2 with one sample and RGB with three samples of 8 bits are read",
			l.channels, photometric, l.allocated)
	}
	if l.slope, err = e.decimal(tagSlope, 1); err == nil {
		l.intercept, err = e.decimal(tagIntercept, 0)
	}
	_, rescaled := e[tagSlope]
	_, perFrame := e[tagPerFrame]
	_, shared := e[tagSharedGroups]
	switch {
	case err != nil:
		return err
	case l.slope == 0:
		return errors.New("the rescale slope is 0")
	case modality == "CT" && !rescaled && (perFrame || shared):
		return errors.New("the file is an enhanced CT image, with a rescale slope for each frame; " +
			"this is not read: convert it to one file per slice")
	case modality == "CT" && !rescaled:
		return errors.New("the file has no rescale slope and intercept, so its CT numbers are not known")
	}
	l.measured = modality == "CT" || l.signed || l.slope != 1 || l.intercept != 0
	l.inverted = photometric == "MONOCHROME1" && !l.measured
	if !l.measured && l.allocated == 32 {
		return errors.New("the file has levels of 32 bits; 8 and 16 are read")
	}
	return nil
}

// sample returns stored number i with its sign, without other bits that share the sample.
func (l *layout) sample(pixels []byte, i int) int64 {
	var v uint32
	switch l.allocated {
	case 8:
		v = uint32(pixels[i])
	case 16:
		v = uint32(le.Uint16(pixels[2*i:]))
	default:
		v = le.Uint32(pixels[4*i:])
	}
	bits := uint64(v) >> (l.high + 1 - l.stored) & (1<<l.stored - 1)
	if l.signed && bits>>(l.stored-1) == 1 {
		return int64(bits) - 1<<l.stored
	}
	return int64(bits)
}

// numbers applies slope and intercept.
func (l *layout) numbers(pixels []byte) *raster.Image {
	n := l.width * l.height
	low, high := math.Inf(1), math.Inf(-1)
	for i := range n {
		v := float64(l.sample(pixels, i))*l.slope + l.intercept
		low, high = min(low, v), max(high, v)
	}
	kind := raster.Float32
	if l.slope == math.Trunc(l.slope) && l.intercept == math.Trunc(l.intercept) {
		switch {
		case low >= math.MinInt16 && high <= math.MaxInt16:
			kind = raster.Int16
		case low >= math.MinInt32 && high <= math.MaxInt32:
			kind = raster.Int32
		}
	}
	m := raster.New(l.width, l.height, 1, kind)
	for i := range n {
		v := float64(l.sample(pixels, i))*l.slope + l.intercept
		switch kind {
		case raster.Int16:
			le.PutUint16(m.Data[2*i:], uint16(int16(v)))
		case raster.Int32:
			le.PutUint32(m.Data[4*i:], uint32(int32(v)))
		default:
			le.PutUint32(m.Data[4*i:], math.Float32bits(float32(v)))
		}
	}
	return m
}

// levels scales samples so that the largest possible value is white.
func (l *layout) levels(pixels []byte) *raster.Image {
	kind, full := raster.Uint8, uint64(math.MaxUint8)
	if l.stored > 8 {
		kind, full = raster.Uint16, math.MaxUint16
	}
	largest := uint64(1)<<l.stored - 1
	m := raster.New(l.width, l.height, l.channels, kind)
	n := l.width * l.height
	for i := range m.Samples() {
		at := i
		if l.planar {
			at = i%l.channels*n + i/l.channels
		}
		v := (uint64(l.sample(pixels, at))*full + largest/2) / largest
		if l.inverted {
			v = full - v
		}
		if kind == raster.Uint8 {
			m.Data[i] = uint8(v)
		} else {
			binary.LittleEndian.PutUint16(m.Data[2*i:], uint16(v))
		}
	}
	return m
}
