package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Field types that hold whole numbers (TIFF 6.0, section 2).
const (
	typeByte  = 1
	typeShort = 3
	typeLong  = 4
)

// directory is the first image file directory: for each tag, where its numbers lie in the file.
type directory struct {
	data    []byte
	order   binary.ByteOrder
	entries map[uint16]entry
}

type entry struct {
	kind  uint16
	count uint32
	at    int // position of the entry's value field in the file
}

const entryBytes = 12

func readDirectory(data []byte) (*directory, error) {
	if len(data) < 8 {
		return nil, errors.New("the file is cut off in its header")
	}
	d := &directory{data: data, entries: map[uint16]entry{}}
	switch string(data[:2]) {
	case "II":
		d.order = binary.LittleEndian
	case "MM":
		d.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("the file starts with %q, not with a TIFF's II or MM", data[:2])
	}
	if version := d.order.Uint16(data[2:]); version != 42 {
		return nil, fmt.Errorf("version %d is not read (42 is TIFF, 43 BigTIFF)", version)
	}
	start := int64(d.order.Uint32(data[4:]))
	if start < 8 || start+2 > int64(len(data)) {
		return nil, fmt.Errorf("the directory should be at byte %d, but the file has %d; it is cut off", start, len(data))
	}
	n := int(d.order.Uint16(data[start:]))
	if start+2+int64(n)*entryBytes > int64(len(data)) {
		return nil, errors.New("the file is cut off in its directory")
	}
	for i := range n {
		at := int(start) + 2 + i*entryBytes
		tag := d.order.Uint16(data[at:])
		if _, again := d.entries[tag]; again {
			return nil, fmt.Errorf("tag %d is given twice", tag)
		}
		d.entries[tag] = entry{kind: d.order.Uint16(data[at+2:]), count: d.order.Uint32(data[at+4:]), at: at + 8}
	}
	return d, nil
}

// numbers reads all values of a tag, nil where the tag is missing.
func (d *directory) numbers(tag uint16) ([]uint64, error) {
	e, ok := d.entries[tag]
	if !ok {
		return nil, nil
	}
	size := map[uint16]int64{typeByte: 1, typeShort: 2, typeLong: 4}[e.kind]
	if size == 0 {
		return nil, fmt.Errorf("tag %d has field type %d, not a whole number", tag, e.kind)
	}
	at, length := int64(e.at), size*int64(e.count)
	if length > 4 {
		at = int64(d.order.Uint32(d.data[e.at:]))
	}
	if at+length > int64(len(d.data)) {
		return nil, fmt.Errorf("the values of tag %d lie behind the end of the file; it is cut off", tag)
	}
	out := make([]uint64, e.count)
	for i := range out {
		field := d.data[at+int64(i)*size:]
		switch e.kind {
		case typeByte:
			out[i] = uint64(field[0])
		case typeShort:
			out[i] = uint64(d.order.Uint16(field))
		case typeLong:
			out[i] = uint64(d.order.Uint32(field))
		}
	}
	return out, nil
}

// maxSamples is how many values a tag may have that is given once a sample: the bands of a satellite's picture, to say that it is none.
const maxSamples = 1024

// number reads a tag's value, which has to be the same for all samples where it is given once a sample.
func (d *directory) number(tag uint16, fallback uint64) (int, error) {
	if n := d.entries[tag].count; n > maxSamples {
		return 0, fmt.Errorf("tag %d has %d values; one, or one a sample, is read", tag, n)
	}
	values, err := d.numbers(tag)
	if err != nil {
		return 0, err
	}
	if len(values) == 0 {
		return int(fallback), nil
	}
	for _, v := range values {
		if v != values[0] {
			return 0, fmt.Errorf("tag %d differs between samples: %v", tag, values[:min(len(values), 8)])
		}
	}
	return int(values[0]), nil
}

// layout collects what the pixels need and checks it.
func (d *directory) layout() (*layout, error) {
	if _, tiled := d.entries[tagTileWidth]; tiled {
		return nil, errors.New("the picture is stored in tiles; only strips are read")
	}
	var l layout
	var planar, fill int
	for _, f := range []struct {
		tag      uint16
		fallback uint64
		to       *int
	}{
		{tagWidth, 0, &l.width},
		{tagHeight, 0, &l.height},
		{tagSamplesPerPixel, 1, &l.channels},
		{tagBits, 1, &l.bits},
		{tagCompression, compressionNone, &l.compression},
		{tagPhotometric, blackIsZero, &l.photometric},
		{tagPredictor, 1, &l.predictor},
		{tagSampleFormat, formatUnsigned, &l.format},
		{tagRowsPerStrip, 1<<32 - 1, &l.rowsPerStrip},
		{tagPlanar, 1, &planar},
		{tagFillOrder, 1, &fill},
	} {
		v, err := d.number(f.tag, f.fallback)
		if err != nil {
			return nil, err
		}
		*f.to = v
	}
	if planar != 1 && l.channels > 1 {
		return nil, errors.New("the colours are stored in separate planes; only interleaved ones are read")
	}
	if fill != 1 {
		return nil, fmt.Errorf("fill order %d is not read", fill)
	}
	if l.rowsPerStrip < 1 {
		return nil, errors.New("the file gives 0 rows a strip")
	}
	l.rowsPerStrip = min(l.rowsPerStrip, max(l.height, 1))
	var err error
	if l.offsets, err = d.numbers(tagStripOffsets); err != nil {
		return nil, err
	}
	if l.counts, err = d.numbers(tagStripByteCounts); err != nil {
		return nil, err
	}
	if l.colors, err = d.numbers(tagColorMap); err != nil {
		return nil, err
	}
	if len(l.counts) == 0 && l.compression == compressionNone && len(l.offsets) == 1 {
		l.counts = slices.Repeat([]uint64{uint64(l.rowBytes()) * uint64(l.height)}, 1)
	}
	return &l, l.check(len(d.data))
}
