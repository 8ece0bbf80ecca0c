package dicom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Tags in use, group and element (DICOM PS3.6).
const (
	tagTransferSyntax  = 0x0002_0010
	tagModality        = 0x0008_0060
	tagSamples         = 0x0028_0002
	tagPhotometric     = 0x0028_0004
	tagPlanar          = 0x0028_0006
	tagFrames          = 0x0028_0008
	tagRows            = 0x0028_0010
	tagColumns         = 0x0028_0011
	tagPixelSpacing    = 0x0028_0030
	tagBitsAllocated   = 0x0028_0100
	tagBitsStored      = 0x0028_0101
	tagHighBit         = 0x0028_0102
	tagSigned          = 0x0028_0103
	tagIntercept       = 0x0028_1052
	tagSlope           = 0x0028_1053
	tagPerFrame        = 0x5200_9230
	tagSharedGroups    = 0x5200_9229
	tagPixels          = 0x7fe0_0010
	tagItem            = 0xfffe_e000
	tagItemEnd         = 0xfffe_e00d
	tagSequenceEnd     = 0xfffe_e0dd
	undefinedLength    = 0xffff_ffff
	preamble           = 128
	magic              = "DICM"
	explicit           = "1.2.840.10008.1.2.1"
	implicit           = "1.2.840.10008.1.2"
	compressedSyntaxes = "1.2.840.10008.1.2.4."
	deepest            = 16 // sequences within one another
)

var le = binary.LittleEndian

var errCut = errors.New("the file is cut off")

// elements maps the tags of the outermost elements of a data set to their values, which are slices of the file.
type elements map[uint32][]byte

// read collects the elements of a file up to the pixels. It copies nothing.
func read(data []byte) (elements, error) {
	if len(data) < preamble+len(magic) || string(data[preamble:preamble+len(magic)]) != magic {
		return nil, errors.New("the file has no DICM after its first 128 bytes")
	}
	out := elements{}
	r := &walker{data: data, at: preamble + len(magic), explicit: true}
	syntax := ""
	for r.at < len(data) {
		// The transfer syntax applies from the first element after the group that describes the file.
		if syntax == "" && len(data)-r.at >= 2 && le.Uint16(data[r.at:]) != 2 {
			syntax = strings.TrimRight(string(out[tagTransferSyntax]), "\x00 ")
			if err := checkSyntax(syntax); err != nil {
				return nil, err
			}
			r.explicit = syntax != implicit
		}
		tag, value, err := r.element(0)
		if err != nil {
			return nil, err
		}
		if _, again := out[tag]; again {
			return nil, fmt.Errorf("tag %04x,%04x is given twice", tag>>16, tag&0xffff)
		}
		out[tag] = value
		if tag == tagPixels {
			return out, nil
		}
	}
	return nil, errors.New("the file has no pixels (tag 7fe0,0010)")
}

// checkSyntax rejects files with compressed pixels or in another encoding.
func checkSyntax(syntax string) error {
	var name string
	switch {
	case syntax == explicit, syntax == implicit:
		return nil
	case syntax == "1.2.840.10008.1.2.1.99":
		name = "a deflated data set"
	case syntax == "1.2.840.10008.1.2.2":
		name = "big-endian numbers"
	case syntax == "1.2.840.10008.1.2.5":
		name = "pixels compressed by run lengths"
	case syntax == compressedSyntaxes+"80", syntax == compressedSyntaxes+"81":
		name = "pixels compressed as JPEG-LS"
	case syntax == compressedSyntaxes+"90", syntax == compressedSyntaxes+"91":
		name = "pixels compressed as JPEG 2000"
	case strings.HasPrefix(syntax, compressedSyntaxes):
		name = "pixels compressed as JPEG or a film"
	case syntax == "":
		return errors.New("the file does not say how it is written (transfer syntax)")
	default:
		name = "an unknown encoding"
	}
	return fmt.Errorf("the file has %s (transfer syntax %s); only uncompressed little-endian files are read: "+
		"convert it, for example with dcmdjpeg or gdcmconv --raw", name, syntax)
}

// walker steps through elements.
type walker struct {
	data     []byte
	at       int
	explicit bool
}

func (r *walker) take(n int) ([]byte, error) {
	if n > len(r.data)-r.at {
		return nil, errCut
	}
	out := r.data[r.at : r.at+n]
	r.at += n
	return out, nil
}

// element reads one element. The value of a sequence of undefined length is empty.
func (r *walker) element(depth int) (tag uint32, value []byte, err error) {
	head, err := r.take(8)
	if err != nil {
		return 0, nil, err
	}
	tag = uint32(le.Uint16(head))<<16 | uint32(le.Uint16(head[2:]))
	length := le.Uint32(head[4:])
	if r.explicit && tag>>16 != 0xfffe {
		switch kind := string(head[4:6]); kind {
		case "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV":
			long, err := r.take(4)
			if err != nil {
				return 0, nil, err
			}
			length = le.Uint32(long)
		default:
			if head[4] < 'A' || head[4] > 'Z' || head[5] < 'A' || head[5] > 'Z' {
				return 0, nil, fmt.Errorf("tag %04x,%04x has the unknown kind %q; the file is damaged",
					tag>>16, tag&0xffff, kind)
			}
			length = uint32(le.Uint16(head[6:]))
		}
	}
	if length == undefinedLength {
		if tag == tagPixels {
			return 0, nil, errors.New("the pixels are compressed, though the file says that they are not")
		}
		return tag, nil, r.sequence(depth + 1)
	}
	value, err = r.take(int(length))
	if err != nil {
		return 0, nil, fmt.Errorf("the %d bytes of tag %04x,%04x lie beyond the end of the file: %w",
			length, tag>>16, tag&0xffff, err)
	}
	return tag, value, nil
}

// sequence skips the items of a sequence of undefined length, or the elements of such an item.
func (r *walker) sequence(depth int) error {
	if depth > deepest {
		return errors.New("more than 16 sequences are nested")
	}
	for {
		tag, _, err := r.element(depth)
		if err != nil {
			return err
		}
		if tag == tagSequenceEnd || tag == tagItemEnd {
			return nil
		}
	}
}

// number reads a 16-bit integer. It returns fallback if the tag is missing.
func (e elements) number(tag uint32, fallback int) (int, error) {
	v, ok := e[tag]
	if !ok {
		return fallback, nil
	}
	if len(v) != 2 {
		return 0, fmt.Errorf("tag %04x,%04x has %d bytes; a number of 2 bytes is read", tag>>16, tag&0xffff, len(v))
	}
	return int(le.Uint16(v)), nil
}

// text returns a text without its padding.
func (e elements) text(tag uint32) string {
	return string(bytes.Trim(e[tag], " \x00"))
}

// decimal reads a number written as text. It returns fallback if the tag is missing or empty.
func (e elements) decimal(tag uint32, fallback float64) (float64, error) {
	text := e.text(tag)
	if text == "" {
		return fallback, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v-v != 0 {
		return 0, fmt.Errorf("tag %04x,%04x is %q, which is not a number",
			tag>>16, tag&0xffff, text[:min(len(text), 40)])
	}
	return v, nil
}
