package files

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

// tiffOf writes pages one after another. Each page's directory is the last part of its own file, and ends with a
// pointer to the next one.
func tiffOf(t *testing.T, pages ...*raster.Image) []byte {
	t.Helper()
	var out []byte
	le := binary.LittleEndian
	link := 4 // where the position of the next directory is written
	for _, m := range pages {
		var b bytes.Buffer
		if err := tiff.Encode(&b, m, tiff.Options{}); err != nil {
			t.Fatal(err)
		}
		page := b.Bytes()
		shift, at := uint32(len(out)), le.Uint32(page[4:])
		n := int(le.Uint16(page[at:]))
		for i := range n {
			e := page[int(at)+2+12*i:]
			tag, kind, count := le.Uint16(e), le.Uint16(e[2:]), le.Uint32(e[4:])
			size := map[uint16]uint32{3: 2, 4: 4, 5: 8}[kind]
			if tag == 273 || count*size > 4 { // a strip, or values that lie elsewhere
				le.PutUint32(e[8:], le.Uint32(e[8:])+shift)
			}
		}
		out = append(out, page...)
		le.PutUint32(out[link:], at+shift)
		link = int(at+shift) + 2 + 12*n
	}
	return out
}

func flat(v byte) *raster.Image {
	m := raster.New(5, 4, 1, raster.Uint8)
	for i := range m.Data {
		m.Data[i] = v
	}
	return m
}

func TestPagesAreReadOneByOneAndRefusedTogether(t *testing.T) {
	data := tiffOf(t, flat(1), flat(2), flat(3))
	if n, err := Pages(data); n != 3 || err != nil {
		t.Fatalf("%d pages, %v", n, err)
	}
	for i := range 3 {
		if m, err := DecodePage(t.Context(), data, i); err != nil || m.At(0) != float64(i+1) {
			t.Errorf("page %d: %+v, %v", i, m, err)
		}
	}
	if _, err := DecodePage(t.Context(), data, 3); err == nil {
		t.Error("a fourth page is read")
	}
	if _, err := Decode(t.Context(), data); err == nil || !strings.Contains(err.Error(), "3 pages") {
		t.Errorf("as a single picture: %v", err)
	}
	if _, err := ReadHeader("stack.tif", data); err == nil || !strings.Contains(err.Error(), "stack.tif") ||
		!strings.Contains(err.Error(), "3 pages") {
		t.Errorf("the header: %v", err)
	}
}

func TestSmallerCopiesAreNoPages(t *testing.T) {
	data := tiffOf(t, flat(1), flat(2))
	// The second directory's first tag becomes NewSubfileType = 1.
	le := binary.LittleEndian
	first := int(le.Uint32(data[4:]))
	second := int(le.Uint32(data[first+2+12*int(le.Uint16(data[first:])):]))
	entry := data[second+2+12*(int(le.Uint16(data[second:]))-1):] // the last tag is not needed
	le.PutUint16(entry, 254)
	le.PutUint16(entry[2:], 4)
	le.PutUint32(entry[4:], 1)
	le.PutUint32(entry[8:], 1)
	m, err := Decode(t.Context(), data)
	if err != nil || m.At(0) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestMovingPicturesAreRefused(t *testing.T) {
	frame := image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black, color.White})
	var moving, still bytes.Buffer
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame, frame}, Delay: []int{
		1, 1,
		1,
	}}); err != nil {
		t.Fatal(err)
	}
	if err := gif.EncodeAll(&still, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{1}}); err != nil {
		t.Fatal(err)
	}
	var apng bytes.Buffer
	if err := png.Encode(&apng, frame); err != nil {
		t.Fatal(err)
	}
	acTL := []byte("\x00\x00\x00\x08acTL\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00")
	header := 8 + 25
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"gif":       {moving.Bytes(), "moving picture of 3 frames"},
		"still gif": {still.Bytes(), ""},
		"apng": {
			append(append(bytes.Clone(apng.Bytes()[:header]), acTL...), apng.Bytes()[header:]...),
			"moving picture of 3 frames",
		},
		"webp": {
			[]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x01\x00\x00ANMFANMF"),
			"moving picture of 2 frames",
		},
		"two pgm": {[]byte("P5 1 1 255\nxP5 1 1 255\ny"), "another picture follows"},
	} {
		_, err := Decode(t.Context(), c.data)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestTransparentColourOfAGIFKeepsItsColour: white on black with white being transparent is not a label of one colour.
func TestTransparentColourOfAGIFKeepsItsColour(t *testing.T) {
	m := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.Black, color.White})
	m.Pix[1] = 1
	var b bytes.Buffer
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	at := bytes.IndexByte(b.Bytes()[13+6:], 0x2c) + 13 + 6
	data := append(append(bytes.Clone(b.Bytes()[:at]), "\x21\xf9\x04\x01\x00\x00\x01\x00"...), b.Bytes()[at:]...)
	got, err := Decode(t.Context(), data)
	if err != nil || got.At(1) != 255 || got.Alpha == nil || got.Alpha[1] != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := got.Binary(); err == nil || !strings.Contains(err.Error(), "not clear what is labelled") {
		t.Errorf("as a label: %v", err)
	}
}

// TestForeignFormatsAreNamed: users have to convert such files, so the error has to name the format.
func TestForeignFormatsAreNamed(t *testing.T) {
	pad := strings.Repeat("\x00", 400)
	nifti := []byte("\x5c\x01\x00\x00" + pad)
	copy(nifti[344:], "n+1\x00")
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(nifti); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for want, data := range map[string]string{
		"a Git LFS pointer":   "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n",
		"a web page":          "\n <!DOCTYPE html><html>",
		"a JPEG 2000 picture": "\x00\x00\x00\x0cjP  \r\n\x87\n",
		"a JPEG XL picture":   "\xff\x0a\x00",
		"a HEIC picture":      "\x00\x00\x00\x18ftypheic",
		"an AVIF picture":     "\x00\x00\x00\x18ftypavif",
		"a film":              "\x00\x00\x00\x18ftypisom",
		"a NIfTI volume":      string(nifti),
		"inside: this is no":  zipped.String(),
		"a Targa picture":     "\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x04\x00\x18\x00" + pad,
		"a zip archive":       "PK\x03\x04",
		"all its 400 bytes":   pad,
	} {
		if _, err := Decode(t.Context(), []byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestNumbersThatAreNotFiniteAreRefused(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		m := raster.New(5, 4, 1, raster.Float32)
		binary.LittleEndian.PutUint32(m.Data[4*(2*5+3):], math.Float32bits(float32(v)))
		if _, err := Decode(t.Context(), tiffOf(t, m)); err == nil ||
			!strings.Contains(err.Error(), "at column 3, row 2") {
			t.Errorf("%g: %v", v, err)
		}
	}
}

// progressive is a JPEG of 8192×8192 px with empty scans, each of which makes a decoder pass over all blocks.
func progressive(scans int) []byte {
	const blocks = 1024 * 1024
	segment := func(marker byte, body string) string {
		return string([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body
	}
	one := "\x01" + strings.Repeat("\x00", 15)
	out := "\xff\xd8" + segment(0xdb, "\x00"+strings.Repeat("\x01", 64)) + segment(0xc2,
		"\x08\x20\x00\x20\x00\x01\x01\x11\x00") +
		segment(0xc4, "\x00"+one+"\x00") + segment(0xc4, "\x10"+one+"\xe0") + segment(0xda,
		"\x01\x01\x00\x00\x00\x00") + strings.Repeat("\x00", blocks/8)
	bits := strings.Repeat("0"+strings.Repeat("1", 14), (blocks+32766)/32767)
	bits += strings.Repeat("1", (8-len(bits)%8)%8)
	scan := segment(0xda, "\x01\x01\x00\x01\x3f\x00")
	for i := 0; i < len(bits); i += 8 {
		v := byte(0)
		for _, b := range bits[i : i+8] {
			v = v<<1 | byte(b-'0')
		}
		if scan += string([]byte{v}); v == 0xff {
			scan += "\x00"
		}
	}
	return []byte(out + strings.Repeat(scan, scans) + "\xff\xd9")
}

func TestJPEGOfManyScansIsRefusedBeforeItIsDecoded(t *testing.T) {
	start := time.Now()
	if _, err := Decode(t.Context(), progressive(5000)); err == nil || !strings.Contains(err.Error(), "500 scans") {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestDecodingHearsItsContext(t *testing.T) {
	var zeros bytes.Buffer
	z := gzip.NewWriter(&zeros)
	if _, err := z.Write(append([]byte("P5 8192 4096 255\n"), make([]byte, 8192*4096)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 64, 64)), nil); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for name, data := range map[string][]byte{
		"jpeg": photo.Bytes(), "gzip": zeros.Bytes(),
		"pgm": []byte("P5 1 1 255\nx"), "tiff": tiffOf(t, flat(1)),
	} {
		if _, err := Decode(ended, data); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Decode(soon, progressive(450)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("450 scans: %v", err)
	}
}

func TestCommentsCostNothing(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(append([]byte("P5 1 #"), make([]byte, 1<<24)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(t.Context(), b.Bytes()); err == nil || !strings.Contains(err.Error(), "bytes of comments") {
		t.Error(err)
	}
}

// TestKindsThatAreNotReadAreNotCalledDamaged: a JPEG of 12 bits is not damaged.
func TestKindsThatAreNotReadAreNotCalledDamaged(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	data[bytes.Index(data, []byte("\xff\xc0"))+4] = 12
	if _, err := Decode(t.Context(), data); err == nil || strings.Contains(err.Error(), "damaged") ||
		!strings.Contains(err.Error(), "this kind is not read") {
		t.Error(err)
	}
}
