package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Field types that hold whole numbers (TIFF 6.0, section 2; the last three are BigTIFF's).
const (
	typeByte  = 1
	typeText  = 2
	typeShort = 3
	typeLong  = 4
	typeIFD   = 13
	typeLong8 = 16
	typeIFD8  = 18
)

var typeBytes = map[uint16]uint64{typeByte: 1, typeShort: 2, typeLong: 4, typeIFD: 4, typeLong8: 8, typeIFD8: 8}

// file is the content of a TIFF file with the byte order and the sizes of its numbers: TIFF has offsets of 32 bits,
// BigTIFF of 64.
type file struct {
	data []byte
	order
	big bool
}

type order = binary.ByteOrder

// directory is one image file directory: for each tag, the position of its numbers in the file.
type directory struct {
	file
	entries map[uint16]entry
}

type entry struct {
	kind  uint16
	count uint64
	at    int // position of the entry's value field in the file
}

// Sizes of a directory's parts in bytes in TIFF; BigTIFF's are larger.
const (
	countBytes    = 2
	entryBytes    = 12
	offsetBytes   = 4
	bigCountBytes = 8
	bigEntryBytes = 20
	bigOffset     = 8
)

func (f *file) sizes() (count, entry, offset int) {
	if f.big {
		return bigCountBytes, bigEntryBytes, bigOffset
	}
	return countBytes, entryBytes, offsetBytes
}

// uint reads a number of 2, 4 or 8 bytes.
func (f *file) uint(at, size int) uint64 {
	switch size {
	case 2:
		return uint64(f.Uint16(f.data[at:]))
	case 4:
		return uint64(f.Uint32(f.data[at:]))
	}
	return f.Uint64(f.data[at:])
}

// readHeader reads the byte order, the version of TIFF and the position of the first directory.
func readHeader(data []byte) (f file, first uint64, err error) {
	if len(data) < 8 {
		return f, 0, errors.New("the file is cut off in its header")
	}
	f.data = data
	switch string(data[:2]) {
	case "II":
		f.order = binary.LittleEndian
	case "MM":
		f.order = binary.BigEndian
	default:
		return f, 0, fmt.Errorf("the file starts with %q, not with a TIFF's II or MM", data[:2])
	}
	switch version := f.Uint16(data[2:]); version {
	case 42:
		return f, f.uint(4, 4), nil
	case 43:
		f.big = true
		if len(data) < 16 {
			return f, 0, errors.New("the file is cut off in its header")
		}
		if size := f.Uint16(data[4:]); size != 8 {
			return f, 0, fmt.Errorf("the file gives offsets of %d bytes; BigTIFF has 8", size)
		}
		return f, f.uint(8, 8), nil
	default:
		return f, 0, fmt.Errorf("version %d is not read (42 is TIFF, 43 BigTIFF)", version)
	}
}

// extent returns the number of entries of the directory at an offset, and the position of the next directory, 0 after
// the last.
func (f *file) extent(start uint64) (entries int, next uint64, err error) {
	countSize, entrySize, offsetSize := f.sizes()
	size := uint64(len(f.data))
	if start < 8 || start > size || size-start < uint64(countSize) {
		return 0, 0, fmt.Errorf("the directory should be at byte %d, but the file has %d; it is cut off", start, size)
	}
	n := f.uint(int(start), countSize)
	room := size - start - uint64(countSize)
	if n > room/uint64(entrySize) {
		return 0, 0, errors.New("the file is cut off in its directory")
	}
	end := int(start) + countSize + int(n)*entrySize
	if len(f.data)-end < offsetSize {
		return int(n), 0, nil // some writers end the file here
	}
	return int(n), f.uint(end, offsetSize), nil
}

func (f file) directory(start uint64) (*directory, error) {
	n, _, err := f.extent(start)
	if err != nil {
		return nil, err
	}
	countSize, entrySize, offsetSize := f.sizes()
	d := &directory{file: f, entries: map[uint16]entry{}}
	for i := range n {
		at := int(start) + countSize + i*entrySize
		tag := f.Uint16(f.data[at:])
		if _, again := d.entries[tag]; again {
			return nil, fmt.Errorf("tag %d is given twice", tag)
		}
		d.entries[tag] = entry{kind: f.Uint16(f.data[at+2:]), count: f.uint(at+4, offsetSize), at: at + 4 + offsetSize}
	}
	return d, nil
}

// numbers returns all values of a tag, or nil if the tag is missing.
func (d *directory) numbers(tag uint16) ([]uint64, error) {
	e, ok := d.entries[tag]
	if !ok {
		return nil, nil
	}
	size := typeBytes[e.kind]
	if size == 0 {
		return nil, fmt.Errorf("tag %d has field type %d, not a whole number", tag, e.kind)
	}
	_, _, offsetSize := d.sizes()
	at, end := uint64(e.at), uint64(len(d.data))
	if e.count > end/size {
		return nil, fmt.Errorf("the values of tag %d lie beyond the end of the file; it is cut off", tag)
	}
	if e.count*size > uint64(offsetSize) {
		at = d.uint(e.at, offsetSize)
	}
	if at > end || e.count*size > end-at {
		return nil, fmt.Errorf("the values of tag %d lie beyond the end of the file; it is cut off", tag)
	}
	out := make([]uint64, e.count)
	for i := range out {
		if where := int(at) + i*int(size); size == 1 {
			out[i] = uint64(d.data[where])
		} else {
			out[i] = d.uint(where, int(size))
		}
	}
	return out, nil
}

// maxSamples limits the values of a tag that is given for each sample: as many as a satellite's picture has bands, so
// that the error can say that it is not supported.
const maxSamples = 1024

// number returns a tag's value, which must be the same for all samples if it is given for each, or fallback if the tag
// is missing.
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
	if values[0] > 1<<40 {
		return 0, fmt.Errorf("tag %d has the value %d", tag, values[0])
	}
	return int(values[0]), nil
}
