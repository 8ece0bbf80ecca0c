package tiff

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"r2unet/datasets/raster"
)

// Options describe the file to be written.
type Options struct {
	LZW          bool // compress with LZW without predictor; otherwise the pixels are uncompressed
	RowsPerStrip int  // 0 = one strip

	// Description is text in ASCII without zeros, of at least 4 characters. It follows the file's first 8 bytes, so
	// that it can be read without the rest.
	Description string
}

// headerBytes is the size of the header that Encode writes.
const headerBytes = 8

// Encode writes a picture as a little-endian TIFF, pixels first and directory last: of 3 channels in RGB, of others in
// grey with samples of no stated meaning. DRIVE's images use LZW with 4 rows per strip, the lung set's files are
// uncompressed in one strip.
func Encode(w io.Writer, m *raster.Image, o Options) error {
	if m.Channels < 1 || m.Channels > math.MaxUint16 {
		return fmt.Errorf("tiff: cannot write %d channels", m.Channels)
	}
	rows := o.RowsPerStrip
	if rows <= 0 {
		rows = m.Height
	}
	if n := len(o.Description); n > 0 && n < 4 {
		return fmt.Errorf("tiff: the description %q has fewer than 4 characters", o.Description)
	}
	out := []byte("II*\x00\x00\x00\x00\x00")
	if o.Description != "" {
		out = append(append(out, o.Description...), 0)
		out = append(out, make([]byte, len(out)%2)...)
	}
	rowBytes := m.Width * m.Channels * m.Type.Bytes()
	var offsets, counts []uint32
	for y := 0; y < m.Height; y += rows {
		strip := m.Data[y*rowBytes : min(y+rows, m.Height)*rowBytes]
		offsets = append(offsets, uint32(len(out)))
		if o.LZW {
			out = appendLZW(out, strip)
		} else {
			out = append(out, strip...)
		}
		counts = append(counts, uint32(len(out))-offsets[len(offsets)-1])
	}
	if len(out)%2 == 1 {
		out = append(out, 0)
	}
	compression, photometric := uint32(compressionNone), uint32(blackIsZero)
	if o.LZW {
		compression = compressionLZW
	}
	extra := m.Channels - 1
	if m.Channels == 3 {
		photometric, extra = photoRGB, 0
	}
	fields := []field{
		{tag: tagWidth, kind: typeLong, values: []uint32{uint32(m.Width)}},
		{tag: tagHeight, kind: typeLong, values: []uint32{uint32(m.Height)}},
		{tag: tagBits, kind: typeShort, values: slices.Repeat([]uint32{uint32(8 * m.Type.Bytes())}, m.Channels)},
		{tag: tagCompression, kind: typeShort, values: []uint32{compression}},
		{tag: tagPhotometric, kind: typeShort, values: []uint32{photometric}},
		{tag: tagStripOffsets, kind: typeLong, values: offsets},
		{tag: tagSamplesPerPixel, kind: typeShort, values: []uint32{uint32(m.Channels)}},
		{tag: tagRowsPerStrip, kind: typeLong, values: []uint32{uint32(rows)}},
		{tag: tagStripByteCounts, kind: typeLong, values: counts},
		{tag: tagPlanar, kind: typeShort, values: []uint32{1}},
		{tag: tagSampleFormat, kind: typeShort, values: slices.Repeat([]uint32{sampleFormat(m.Type)}, m.Channels)},
	}
	if extra > 0 {
		fields = append(fields, field{tag: tagExtraSamples, kind: typeShort, values: make([]uint32, extra)})
	}
	if o.Description != "" {
		fields = append(fields, field{tag: tagDescription, text: o.Description, at: headerBytes})
	}
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(a.tag, b.tag) })
	out = appendDirectory(out, fields)
	_, err := w.Write(out)
	return err
}

func sampleFormat(t raster.Type) uint32 {
	switch t {
	case raster.Int16, raster.Int32:
		return formatSigned
	case raster.Float32:
		return formatFloat
	default:
		return formatUnsigned
	}
}

type field struct {
	tag, kind uint16
	values    []uint32
	text      string // of more than 3 characters, in place of values
	at        uint32 // where the text is
}

// appendDirectory writes the values that do not fit into their fields, then the fields, and sets the header's pointer.
func appendDirectory(out []byte, fields []field) []byte {
	le := binary.LittleEndian
	entries := make([]byte, 0, len(fields)*entryBytes)
	for _, f := range fields {
		if f.text != "" {
			entries = le.AppendUint16(le.AppendUint16(entries, f.tag), typeText)
			entries = le.AppendUint32(le.AppendUint32(entries, uint32(len(f.text)+1)), f.at)
			continue
		}
		var values []byte
		for _, v := range f.values {
			if f.kind == typeShort {
				values = le.AppendUint16(values, uint16(v))
			} else {
				values = le.AppendUint32(values, v)
			}
		}
		entries = le.AppendUint16(entries, f.tag)
		entries = le.AppendUint16(entries, f.kind)
		entries = le.AppendUint32(entries, uint32(len(f.values)))
		if len(values) > 4 {
			entries = le.AppendUint32(entries, uint32(len(out)))
			out = append(out, values...)
			continue
		}
		entries = append(entries, values...)
		entries = append(entries, make([]byte, 4-len(values))...)
	}
	le.PutUint32(out[4:], uint32(len(out)))
	out = le.AppendUint16(out, uint16(len(fields)))
	out = append(out, entries...)
	return le.AppendUint32(out, 0)
}

const (
	lzwClear = 256
	lzwEnd   = 257
	lzwFirst = 258
	lzwMax   = 4094 // the last code in use; then the table is cleared, as in libtiff
)

// appendLZW compresses one strip with TIFF's LZW (TIFF 6.0, section 13): most significant bit first, with a code width
// that grows one code earlier than in GIF.
func appendLZW(out, strip []byte) []byte {
	var acc uint32
	var bits uint
	width := uint(9)
	emit := func(code uint32) {
		acc = acc<<width | code
		for bits += width; bits >= 8; bits -= 8 {
			out = append(out, byte(acc>>(bits-8)))
		}
	}
	table := map[uint32]uint32{} // prefix code << 8 | next byte → code
	next := uint32(lzwFirst)
	emit(lzwClear)
	if len(strip) > 0 {
		prefix := uint32(strip[0])
		for _, b := range strip[1:] {
			key := prefix<<8 | uint32(b)
			if code, ok := table[key]; ok {
				prefix = code
				continue
			}
			emit(prefix)
			table[key] = next
			next++
			if next == 1<<width && width < 12 {
				width++
			}
			if next > lzwMax {
				emit(lzwClear)
				clear(table)
				next, width = lzwFirst, 9
			}
			prefix = uint32(b)
		}
		emit(prefix)
		next++
		if next == 1<<width && width < 12 {
			width++
		}
	}
	emit(lzwEnd)
	if bits > 0 {
		out = append(out, byte(acc<<(8-bits)))
	}
	return out
}
