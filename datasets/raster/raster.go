// Package raster holds pictures as their files have them: any number of channels, any sample type, unscaled.
//
// The decoders of this project return a raster.Image, and the datasets convert it to network input (planes of 0–1) or,
// for labels and masks, to zeros and ones.
package raster

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Type is the type of one sample of a picture.
type Type uint8

// The sample types found in the files of the datasets.
const (
	Uint8 Type = iota + 1
	Uint16
	Int16
	Uint32
	Int32
	Float32
)

var typeNames = [...]string{"unknown", "uint8", "uint16", "int16", "uint32", "int32", "float32"}

// String gives the type's Go name, such as "int16".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return typeNames[0]
}

// Bytes returns the size of one sample in bytes.
func (t Type) Bytes() int {
	switch t {
	case Uint8:
		return 1
	case Uint16, Int16:
		return 2
	default:
		return 4
	}
}

// Image is a decoded picture. Data holds the samples row by row with interleaved channels, each sample in
// little-endian order whatever the file's byte order: Height·Width·Channels·Type.Bytes() bytes.
//
// Alpha, in the same order and of the same type, is nil if every pixel is opaque. It is not a channel: colours are
// stored as painted and never multiplied by it.
type Image struct {
	Width, Height, Channels int
	Type                    Type
	Data                    []byte
	Alpha                   []byte
	// of the palette of a picture whose palette has colours, one for each pixel; else nil
	Indices []byte

	Modality    string // of a DICOM file, such as CT; "" for others
	Orientation int    // 2 to 8 if Orient has turned the picture, otherwise 0
}

// MaxPixels is the size of the largest picture that is decoded, in pixels. The largest ISIC photographs have 30
// million.
const MaxPixels = 1 << 26

// The number of bytes of samples that one byte of a file can become with each compression. If a header claims more,
// its pixels cannot follow.
const (
	ExpansionNone     = 1
	ExpansionPackBits = 64   // two bytes for a run of 128
	ExpansionJPEG     = 512  // one bit for a block of 8×8 samples equal to its neighbour
	ExpansionDeflate  = 1032 // two bits for a run of 258
	ExpansionLZW      = 2731 // twelve bits for a string as long as the table, 4,096
)

// CheckSize returns an error if a picture of this size is not decoded.
func CheckSize(width, height int) error {
	if width <= 0 || height <= 0 {
		return fmt.Errorf("the header gives a size of %d×%d pixels", width, height)
	}
	if int64(width) > MaxPixels || int64(height) > MaxPixels || int64(width)*int64(height) > MaxPixels {
		return fmt.Errorf("the header claims %d×%d pixels, more than the %d million that are read",
			width, height, MaxPixels/1_000_000)
	}
	return nil
}

// CheckClaim returns an error if a picture of this size and bits per pixel cannot come out of packed bytes of
// which each becomes at most expansion bytes. It is called before memory is allocated, so that a header with absurd
// numbers costs nothing.
func CheckClaim(width, height, bits, packed, expansion int) error {
	if err := CheckSize(width, height); err != nil {
		return err
	}
	if row := (int64(width)*int64(bits) + 7) / 8; row*int64(height) > int64(packed)*int64(expansion) {
		return fmt.Errorf("the header claims %d×%d pixels, which %d bytes cannot hold", width, height, packed)
	}
	return nil
}

// New allocates a picture of zeros. The caller must have checked the size.
func New(width, height, channels int, t Type) *Image {
	return &Image{
		Width: width, Height: height, Channels: channels,
		Type: t, Data: make([]byte, width*height*channels*t.Bytes()),
	}
}

// Samples returns the number of samples, Width·Height·Channels.
func (m *Image) Samples() int { return m.Width * m.Height * m.Channels }

// Coloured reports whether a pixel's channels differ: greys may be stored as colours.
func (m *Image) Coloured() bool {
	for i := 0; m.Channels > 1 && i < m.Width*m.Height; i++ {
		for c := 1; c < m.Channels; c++ {
			if m.At(i*m.Channels+c) != m.At(i*m.Channels) {
				return true
			}
		}
	}
	return false
}

// At returns sample i, in the order of Data, as a number. Every sample type fits into a float64 exactly.
func (m *Image) At(i int) float64 {
	switch m.Type {
	case Uint8:
		return float64(m.Data[i])
	case Uint16:
		return float64(binary.LittleEndian.Uint16(m.Data[2*i:]))
	case Int16:
		return float64(int16(binary.LittleEndian.Uint16(m.Data[2*i:])))
	case Uint32:
		return float64(binary.LittleEndian.Uint32(m.Data[4*i:]))
	case Int32:
		return float64(int32(binary.LittleEndian.Uint32(m.Data[4*i:])))
	default:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(m.Data[4*i:])))
	}
}

// set writes sample i of an unsigned picture.
func (m *Image) set(i int, v uint32) {
	switch m.Type {
	case Uint8:
		m.Data[i] = uint8(v)
	case Uint16:
		binary.LittleEndian.PutUint16(m.Data[2*i:], uint16(v))
	default:
		binary.LittleEndian.PutUint32(m.Data[4*i:], v)
	}
}

// FullScale returns the value that stands for white in a photograph: 255 for 8 bits, 65535 for 16. Signed and float
// pictures have no such value and give 0; their reader has to know a window.
func (m *Image) FullScale() float64 {
	switch m.Type {
	case Uint8:
		return math.MaxUint8
	case Uint16:
		return math.MaxUint16
	case Uint32:
		return math.MaxUint32
	default:
		return 0
	}
}
