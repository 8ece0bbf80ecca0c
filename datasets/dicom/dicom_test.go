package dicom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"r2unet/datasets/raster"
	"r2unet/internal/alloctest"
)

// file builds a DICOM file element by element.
type file struct {
	bytes.Buffer
	implicit bool
}

func begin(syntax string) *file {
	f := &file{}
	f.Write(make([]byte, preamble))
	f.WriteString(magic)
	f.put(tagTransferSyntax, "UI", syntax)
	f.implicit = syntax == implicit
	return f
}

// put writes an element. long means that its length has 32 bits.
func (f *file) put(tag uint32, kind, value string) *file {
	if len(value)%2 == 1 {
		value += " "
	}
	f.Write(le.AppendUint16(le.AppendUint16(nil, uint16(tag>>16)), uint16(tag)))
	switch {
	case f.implicit:
		f.Write(le.AppendUint32(nil, uint32(len(value))))
	case kind == "OW" || kind == "OB" || kind == "SQ":
		f.WriteString(kind + "\x00\x00")
		f.Write(le.AppendUint32(nil, uint32(len(value))))
	default:
		f.WriteString(kind)
		f.Write(le.AppendUint16(nil, uint16(len(value))))
	}
	f.WriteString(value)
	return f
}

func (f *file) number(tag uint32, v uint16) *file {
	return f.put(tag, "US", string(le.AppendUint16(nil, v)))
}

// slice is a CT slice of 3×2 pixels of 12 bits; the upper four bits belong to an overlay.
func slice(syntax, modality, slope, intercept string, signed uint16, samples ...uint16) []byte {
	f := begin(syntax).put(tagModality, "CS", modality)
	// A sequence of undefined length with an item of undefined length, before the elements of interest.
	if f.implicit {
		f.WriteString("\x08\x00\x40\x11\xff\xff\xff\xff")
	} else {
		f.WriteString("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff")
	}
	f.WriteString("\xfe\xff\x00\xe0\xff\xff\xff\xff")
	f.number(tagRows, 99)
	f.WriteString("\xfe\xff\x0d\xe0\x00\x00\x00\x00\xfe\xff\xdd\xe0\x00\x00\x00\x00")
	f.number(tagSamples, 1).put(tagPhotometric, "CS", "MONOCHROME2").number(tagRows, 2).number(tagColumns, 3)
	f.number(tagBitsAllocated, 16).number(tagBitsStored, 12).number(tagHighBit, 11).number(tagSigned, signed)
	if slope != "" {
		f.put(tagIntercept, "DS", intercept).put(tagSlope, "DS", slope)
	}
	var pixels []byte
	for _, v := range samples {
		pixels = le.AppendUint16(pixels, v)
	}
	return f.put(tagPixels, "OW", string(pixels)).Bytes()
}

func TestSlicesAreCTNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		kind raster.Type
		want string
	}{
		"explicit": {
			slice(explicit, "CT", "1", "-1024", 0, 0, 24, 1024, 4095, 0xf000, 1),
			raster.Int16, "[-1024 -1000 0 3071 -1024 -1023]",
		},
		"implicit": {
			slice(implicit, "CT", "1", "-1024", 0, 0, 24, 1024, 4095, 0xf000, 1),
			raster.Int16, "[-1024 -1000 0 3071 -1024 -1023]",
		},
		"signed": {
			slice(explicit, "CT", "1", "0", 1, 0, 0xfff, 0x800, 0x7ff, 1, 2), raster.Int16, "[0 -1 -2048 2047 1 2]",
		},
		"slope of 1/2": {
			slice(explicit, "CT", "0.5", "-10", 0, 0, 1, 2, 3, 4, 5), raster.Float32, "[-10 -9.5 -9 -8.5 -8 -7.5]",
		},
		"large": {
			slice(explicit, "CT", "100", "0", 0, 0, 1, 2, 3, 4, 4095), raster.Int32, "[0 100 200 300 400 409500]",
		},
		"levels": {
			slice(explicit, "OP", "", "", 0, 0, 4095, 1, 2, 3, 2048), raster.Uint16, "[0 65535 16 32 48 32776]",
		},
		"levels, slope 1": {
			slice(explicit, "MR", "1", "0", 0, 0, 4095, 1, 2, 3, 2048), raster.Uint16, "[0 65535 16 32 48 32776]",
		},
	} {
		m, err := Decode(t.Context(), c.data, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []float64
		for i := range m.Samples() {
			got = append(got, m.At(i))
		}
		if fmt.Sprint(got) != c.want || m.Type != c.kind || m.Width != 3 || m.Height != 2 {
			t.Errorf("%s: %v of %v, want %s of %v", name, got, m.Type, c.want, c.kind)
		}
	}
}

func TestColoursAreInterleaved(t *testing.T) {
	for planar, pixels := range []string{"\x01\x02\x03\x04\x05\x06", "\x01\x04\x02\x05\x03\x06"} {
		f := begin(explicit).number(tagSamples, 3).put(tagPhotometric, "CS", "RGB").number(tagPlanar, uint16(planar))
		f.number(tagRows, 1).number(tagColumns, 2)
		f.number(tagBitsAllocated, 8).number(tagBitsStored, 8).number(tagHighBit, 7).put(tagPixels, "OB", pixels)
		m, err := Decode(t.Context(), f.Bytes(), 0)
		if err != nil || m.Channels != 3 || !bytes.Equal(m.Data, []byte{1, 2, 3, 4, 5, 6}) {
			t.Errorf("planar %d: %+v, %v", planar, m, err)
		}
	}
}

func TestFramesArePages(t *testing.T) {
	data := begin(explicit).number(tagSamples, 1).put(tagPhotometric, "CS", "MONOCHROME1").put(tagFrames, "IS", "2").
		number(tagRows, 1).number(tagColumns, 2).
		number(tagBitsAllocated, 8).put(tagPixels, "OB", "\x01\x02\x03\xff").Bytes()
	if n, err := Pages(data); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	m, err := Decode(t.Context(), data, 1)
	if err != nil || !bytes.Equal(m.Data, []byte{252, 0}) {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := Decode(t.Context(), data, 2); err == nil {
		t.Error("a third frame is read")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Decode(ended, data, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWhatIsNotReadIsNamed(t *testing.T) {
	good := slice(explicit, "CT", "1", "-1024", 0, 1, 2, 3, 4, 5, 6)
	deep := begin(explicit)
	for range 100_000 {
		deep.WriteString("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff")
	}
	for want, data := range map[string][]byte{
		"no DICM":                  []byte("DICM"),
		"JPEG 2000":                slice("1.2.840.10008.1.2.4.90", "CT", "1", "0", 0),
		"run lengths":              slice("1.2.840.10008.1.2.5", "CT", "1", "0", 0),
		"big-endian":               slice("1.2.840.10008.1.2.2", "CT", "1", "0", 0),
		"CT numbers are not known": slice(explicit, "CT", "", "", 0, 1, 2, 3, 4, 5, 6),
		"slope is 0":               slice(explicit, "CT", "0", "0", 0, 1, 2, 3, 4, 5, 6),
		"which is not a number":    slice(explicit, "CT", "NaN", "0", 0, 1, 2, 3, 4, 5, 6),
		"need 12 bytes":            slice(explicit, "CT", "1", "0", 0, 1, 2),
		"lie beyond the end":       good[:len(good)-1],
		"sequences are nested":     deep.Bytes(),
		"has no pixels":            begin(explicit).put(tagModality, "CS", "CT").Bytes(),
		"does not say":             begin("").put(tagModality, "CS", "CT").Bytes(),
		"given twice":              begin(explicit).put(tagModality, "CS", "CT").put(tagModality, "CS", "MR").Bytes(),
		`of the kind "PALETTE COLOR"`: begin(explicit).put(tagPhotometric, "CS", "PALETTE COLOR").number(tagRows, 1).
			number(tagColumns, 1).number(tagBitsAllocated, 8).put(tagPixels, "OB", "ab").Bytes(),
		"1 bits a sample; 8, 16 and 3": begin(explicit).number(tagRows, 1).number(tagColumns, 1).
			number(tagBitsAllocated, 1).put(tagPixels, "OB", "ab").Bytes(),
	} {
		alloctest.AtMost(t, 4*len(data), func() {
			if _, err := Decode(t.Context(), data, 0); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %q", err, want)
			}
		})
	}
}

// FuzzDecode: data decode to a picture or give an error that names the format, and cost a small multiple of their
// size.
func FuzzDecode(f *testing.F) {
	f.Add(slice(explicit, "CT", "1", "-1024", 0, 1, 2, 3, 4, 5, 6))
	f.Add(slice(implicit, "CT", "0.5", "-1024", 1, 1, 2, 3, 4, 5, 6))
	f.Add(slice(explicit, "OP", "", "", 0, 1, 2, 3, 4, 5, 6))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m *raster.Image
		var err error
		alloctest.AtMost(t, 64*len(data), func() { m, err = Decode(t.Context(), data, 0) })
		if err != nil {
			if !strings.HasPrefix(err.Error(), "dicom: ") {
				t.Errorf("the error does not name the format: %v", err)
			}
			return
		}
		if w, h, err := Size(data); err != nil || w != m.Width || h != m.Height ||
			len(m.Data) != m.Samples()*m.Type.Bytes() {
			t.Fatalf("%d bytes for %d×%d; the header says %d×%d, %v", len(m.Data), m.Width, m.Height, w, h, err)
		}
	})
}

func TestSpacingIsOfRowsThenColumns(t *testing.T) {
	for text, want := range map[string][2]float64{
		`0.7\0.5`: {0.7, 0.5}, `1\ 2 `: {1, 2}, "0.7": {}, `0\1`: {}, `-1\1`: {}, `a\1`: {}, `1e9\1`: {}, "": {},
	} {
		for _, syntax := range []string{implicit, explicit} {
			f := begin(syntax)
			if text != "" {
				f.put(tagPixelSpacing, "DS", text)
			}
			if got := Spacing(f.put(tagPixels, "OW", "").Bytes()); got != want {
				t.Errorf("%q is %v, want %v", text, got, want)
			}
		}
	}
	if got := Spacing([]byte("no DICOM")); got != [2]float64{} {
		t.Errorf("a text has %v", got)
	}
}
