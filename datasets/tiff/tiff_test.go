package tiff

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
	"r2unet/datasets/raster"
)

// noisy returns a picture with runs and noise, so that LZW tables fill up and are cleared.
func noisy(width, height, channels int, t raster.Type) *raster.Image {
	m := raster.New(width, height, channels, t)
	r := rand.New(rand.NewPCG(1, uint64(width)))
	for i := range m.Data {
		if r.IntN(3) > 0 {
			m.Data[i] = byte(r.Uint32())
		}
	}
	return m
}

func encode(t *testing.T, m *raster.Image, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, m, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeGivesWhatWasEncoded(t *testing.T) {
	for _, typ := range []raster.Type{
		raster.Uint8, raster.Uint16, raster.Int16, raster.Uint32, raster.Int32, raster.Float32,
	} {
		for _, o := range []Options{{}, {RowsPerStrip: 4}, {LZW: true}, {LZW: true, RowsPerStrip: 7}} {
			m := noisy(61, 33, 1, typ)
			got, err := Decode(t.Context(), encode(t, m, o), 0)
			if err != nil {
				t.Fatalf("%v %+v: %v", typ, o, err)
			}
			if got.Type != typ || got.Width != 61 || got.Height != 33 || !bytes.Equal(got.Data, m.Data) {
				t.Errorf("%v %+v: decoded picture differs", typ, o)
			}
		}
	}
}

// TestLZWAgreesWithAnotherDecoder compares the RGB files we write with golang.org/x/image/tiff, which reads regular
// ones.
func TestLZWAgreesWithAnotherDecoder(t *testing.T) {
	m := noisy(565, 41, 3, raster.Uint8)
	img, err := tiff.Decode(bytes.NewReader(encode(t, m, Options{LZW: true, RowsPerStrip: 4})))
	if err != nil {
		t.Fatal(err)
	}
	if got := raster.FromImage(img); !bytes.Equal(got.Data, m.Data) {
		t.Error("the pixels differ")
	}
}

func TestBigEndianGivesTheSameNumbers(t *testing.T) {
	m := noisy(9, 5, 1, raster.Int16)
	data := encode(t, m, Options{})
	swapped := bytes.Clone(data)
	copy(swapped, "MM\x00*")
	be, le := binary.BigEndian, binary.LittleEndian
	at := le.Uint32(data[4:])
	be.PutUint32(swapped[4:], at)
	n := le.Uint16(data[at:])
	be.PutUint16(swapped[at:], n)
	for i := range int(n) {
		e := int(at) + 2 + i*entryBytes
		be.PutUint16(swapped[e:], le.Uint16(data[e:]))
		be.PutUint16(swapped[e+2:], le.Uint16(data[e+2:]))
		be.PutUint32(swapped[e+4:], le.Uint32(data[e+4:]))
		if le.Uint16(data[e+2:]) == typeShort {
			be.PutUint16(swapped[e+8:], le.Uint16(data[e+8:]))
		} else {
			be.PutUint32(swapped[e+8:], le.Uint32(data[e+8:]))
		}
	}
	for i := 0; i < len(m.Data); i += 2 {
		swapped[8+i], swapped[9+i] = data[9+i], data[8+i]
	}
	got, err := Decode(t.Context(), swapped, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Data, m.Data) {
		t.Error("the pixels differ")
	}
}

func TestPackBitsExpandsRunsAndLiterals(t *testing.T) {
	strip := make([]byte, 7)
	if err := unpackRuns(strip, []byte{0xfd, 9, 0x80, 2, 1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if want := []byte{9, 9, 9, 9, 1, 2, 3}; !bytes.Equal(strip, want) {
		t.Errorf("got %v, want %v", strip, want)
	}
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	good := encode(t, noisy(16, 12, 1, raster.Uint8), Options{LZW: true, RowsPerStrip: 4})
	set := func(tag uint16, v uint32) []byte {
		out := bytes.Clone(good)
		at := binary.LittleEndian.Uint32(out[4:])
		for e := int(at) + 2; ; e += entryBytes {
			if binary.LittleEndian.Uint16(out[e:]) == tag {
				binary.LittleEndian.PutUint32(out[e+8:], v)
				return out
			}
		}
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":         {nil, "cut off"},
		"other format":  {[]byte("GIF89a--"), "TIFF's II or MM"},
		"half a file":   {good[:len(good)/2], "cut off"},
		"short strip":   {append(bytes.Clone(good[:8]), bytes.Repeat([]byte{0}, len(good))...), ""},
		"huge width":    {set(tagWidth, 1<<31), "pixels"},
		"huge height":   {set(tagHeight, 1<<31-1), "pixels"},
		"zero width":    {set(tagWidth, 0), "size of 0×12"},
		"12 bits":       {set(tagBits, 12), "12 bits"},
		"JPEG":          {set(tagCompression, 7), "compression 7"},
		"planes":        {set(tagSamplesPerPixel, 2), "2 samples a pixel"},
		"other strips":  {set(tagRowsPerStrip, 3), "need 4 strips"},
		"more pixels":   {set(tagWidth, 4096), "rows"},
		"float 8":       {set(tagSampleFormat, 3), "float samples of 8 bits"},
		"complex":       {set(tagSampleFormat, 5), "sample format"},
		"colour of one": {set(tagPhotometric, 2), "does not go with"},
	} {
		_, err := Decode(t.Context(), c.data, 0)
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q does not say %q", name, err, c.want)
		}
	}
}

// TestStripsOnTopOfEachOtherHoldTheirBytesOnce: 64 strips that share the same 64 bytes would give a file of 700 bytes
// 4,096.
func TestStripsOnTopOfEachOtherHoldTheirBytesOnce(t *testing.T) {
	const strips, width, at = 64, 64, 8 + 2 + 9*entryBytes + 4
	data := append([]byte("II*\x00\x08\x00\x00\x00"), 9, 0)
	le := binary.LittleEndian
	for _, e := range []struct {
		tag, kind    uint16
		count, value uint32
	}{
		{tagWidth, typeLong, 1, width},
		{tagHeight, typeLong, 1, strips},
		{tagBits, typeLong, 1, 8},
		{tagCompression, typeLong, 1, compressionNone},
		{tagPhotometric, typeLong, 1, blackIsZero},
		{tagStripOffsets, typeLong, strips, at + width},
		{tagSamplesPerPixel, typeLong, 1, 1},
		{tagRowsPerStrip, typeLong, 1, 1},
		{tagStripByteCounts, typeLong, strips, at + width + 4*strips},
	} {
		data = le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(data, e.tag), e.kind), e.count), e.value)
	}
	data = append(data, make([]byte, 4+width)...)
	for _, v := range []uint32{at, width} {
		for range strips {
			data = le.AppendUint32(data, v)
		}
	}
	if _, err := Decode(t.Context(), data, 0); err == nil || !strings.Contains(err.Error(), "cannot hold") {
		t.Errorf("%d bytes: %v", len(data), err)
	}
}

func TestAbsurdHeaderCostsNoMemory(t *testing.T) {
	data := encode(t, noisy(16, 12, 1, raster.Uint8), Options{})
	at := binary.LittleEndian.Uint32(data[4:])
	binary.LittleEndian.PutUint32(data[at+2+8:], 1<<15)
	binary.LittleEndian.PutUint32(data[at+2+entryBytes+8:], 1<<12)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := Decode(t.Context(), data, 0); err == nil {
			t.Fatal("no error")
		}
	}
	runtime.ReadMemStats(&after)
	if perCall := (after.TotalAlloc - before.TotalAlloc) / 100; perCall > 16<<10 {
		t.Errorf("refusing a header took %d bytes", perCall)
	}
}
