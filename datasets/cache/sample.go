package cache

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"

	"r2unet/datasets/raster"
)

// Sample is a prepared image: Pixels [C, H, W] are intensities 0–1 scaled to 0–65535, Truth and FOV [H, W] are zeros
// and ones, Truth maybe classes.
type Sample struct {
	Width, Height, Channels int
	Pixels                  []uint16
	Truth                   []uint8
	FOV                     []uint8 // nil = the whole image
	FOVSource               string  // where FOV comes from: "file", "generated", or "" if FOV is nil
	// FOVQuality is, for a mask from a file, its Dice with the mask generated from the image, and for a generated
	// mask its circularity.
	FOVQuality    float64
	Sums, Squares []uint64 // see Measure

	Background, Foreground string      // values of the label, see raster.Label
	Transparent            bool        // some pixels of the image are transparent
	Type                   raster.Type // of the image's samples
}

// Bytes returns the memory that the sample takes, in bytes.
func (s *Sample) Bytes() int { return 2*len(s.Pixels) + len(s.Truth) + len(s.FOV) }

// Measure sets Sums and Squares: for each channel, the sum of the pixels and the sum of their squares.
func (s *Sample) Measure() {
	n := s.Width * s.Height
	s.Sums, s.Squares = make([]uint64, s.Channels), make([]uint64, s.Channels)
	for c := range s.Channels {
		for _, v := range s.Pixels[c*n : (c+1)*n] {
			s.Sums[c] += uint64(v)
			s.Squares[c] += uint64(v) * uint64(v)
		}
	}
}

// maxChannels is the number of channels of an RGB picture.
const maxChannels = 3

// magic identifies the format. Its number increases when files decode to different pixels, which makes older samples
// invalid: version 2 applies orientation tags and distinguishes colours and alpha of labels, version 3 stores the
// quality of the field of view, version 4 the type of the image's samples.
const magic = "R2U-SAMPLE-4\n"

// headBytes is the length of the fields after the magic that every sample has.
const headBytes = 28 + 2*labelBytes

// labelBytes is the space for one value of the label. The longest value, a colour of three 32-bit numbers, fits.
const labelBytes = 40

var (
	table   = crc32.MakeTable(crc32.Castagnoli)
	sources = []string{"", "file", "generated"}
	le      = binary.LittleEndian
)

// transparent is a flag added to the FOV source of images with transparent pixels. The type of samples is in the bits
// from typeShift on.
const (
	transparent = 1 << 8
	typeShift   = 16
)

// encode writes magic, checksum, width, height, channels and FOV source (4 bytes each), the FOV's quality (8 bytes),
// the label's values (40 bytes each), sums and squares (8 bytes each), pixels, truth, FOV.
func encode(s *Sample) []byte {
	out := make([]byte, 0, len(magic)+headBytes+16*s.Channels+s.Bytes())
	out = append(out, magic...)
	out = le.AppendUint32(out, 0)
	source := 0
	for i, name := range sources {
		if name == s.FOVSource {
			source = i
		}
	}
	if s.Transparent {
		source |= transparent
	}
	source |= int(s.Type) << typeShift
	for _, v := range []int{s.Width, s.Height, s.Channels, source} {
		out = le.AppendUint32(out, uint32(v))
	}
	out = le.AppendUint64(out, math.Float64bits(s.FOVQuality))
	for _, v := range []string{s.Background, s.Foreground} {
		var field [labelBytes]byte
		copy(field[:], v)
		out = append(out, field[:]...)
	}
	for c := range s.Channels {
		out = le.AppendUint64(out, s.Sums[c])
		out = le.AppendUint64(out, s.Squares[c])
	}
	for _, v := range s.Pixels {
		out = le.AppendUint16(out, v)
	}
	out = append(out, s.Truth...)
	out = append(out, s.FOV...)
	body := len(magic) + 4
	le.PutUint32(out[len(magic):], crc32.Checksum(out[body:], table))
	return out
}

// decode returns nil for anything that encode did not write.
func decode(data []byte) *Sample {
	data, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(data) < headBytes || le.Uint32(data) != crc32.Checksum(data[4:], table) {
		return nil
	}
	s := &Sample{Width: int(le.Uint32(data[4:])), Height: int(le.Uint32(data[8:])), Channels: int(le.Uint32(data[12:]))}
	source := int(le.Uint32(data[16:]))
	s.Transparent, s.Type = source&transparent != 0, raster.Type(source>>typeShift)
	source &= transparent - 1
	if raster.CheckSize(s.Width, s.Height) != nil || s.Channels < 1 || s.Channels > maxChannels {
		return nil // before the products below could overflow
	}
	n := s.Width * s.Height
	want := headBytes + 16*s.Channels + 2*n*s.Channels + n
	if source > 0 {
		want += n
	}
	if source >= len(sources) || len(data) != want {
		return nil
	}
	s.FOVSource = sources[source]
	s.FOVQuality = math.Float64frombits(le.Uint64(data[20:]))
	label := func(at int) string { return string(bytes.TrimRight(data[at:at+labelBytes], "\x00")) }
	s.Background, s.Foreground = label(28), label(28+labelBytes)
	data = data[headBytes:]
	for range s.Channels {
		s.Sums, s.Squares = append(s.Sums, le.Uint64(data)), append(s.Squares, le.Uint64(data[8:]))
		data = data[16:]
	}
	s.Pixels = make([]uint16, n*s.Channels)
	for i := range s.Pixels {
		s.Pixels[i] = le.Uint16(data[2*i:])
	}
	data = data[2*len(s.Pixels):]
	s.Truth = data[:n:n]
	if source > 0 {
		s.FOV = data[n:]
	}
	return s
}
