package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets/raster"
)

// formats holds small files with the quirks of the official ones. It lies outside the project.
const formats = "../../../shared/data/formats"

func TestOfficialQuirksDecodeToTheKnownPixels(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(formats, "index.json"))
	if err != nil {
		t.Skipf("the files with the quirks of the official ones are not beside the project: %v", err)
	}
	var list []struct {
		File, DType, SHA256, What string
		Width, Height, Channels   int
	}
	if err := json.Unmarshal(index, &list); err != nil {
		t.Fatal(err)
	}
	types := map[string]raster.Type{
		"u1": raster.Uint8, "<u2": raster.Uint16, "<i2": raster.Int16, "<i4": raster.Int32,
		"<f4": raster.Float32,
	}
	for _, f := range list {
		t.Run(f.File, func(t *testing.T) {
			m, err := Picture(t.Context(), filepath.Join(formats, f.File))
			if err != nil {
				t.Fatalf("%s (%s): %v", f.File, f.What, err)
			}
			if strings.HasPrefix(f.File, "label_2nd_palette") { // expected as 0/255
				mask, err := m.Binary()
				if err != nil {
					t.Fatal(err)
				}
				m = raster.New(m.Width, m.Height, 1, raster.Uint8)
				for i, v := range mask {
					m.Data[i] = 255 * v
				}
			}
			if m.Width != f.Width || m.Height != f.Height || m.Channels != f.Channels || m.Type != types[f.DType] {
				t.Errorf("%d×%d, %d channels of %v; want %d×%d, %d of %s",
					m.Width, m.Height, m.Channels, m.Type, f.Width, f.Height, f.Channels, f.DType)
			}
			sum := sha256.Sum256(m.Data)
			if got := hex.EncodeToString(sum[:]); got != f.SHA256 {
				t.Errorf("pixels have SHA-256 %s, want %s", got, f.SHA256)
			}
			h, err := ReadHeader(f.File, mustRead(t, filepath.Join(formats, f.File)))
			if err != nil || h.Width != f.Width || h.Height != f.Height {
				t.Errorf("the header gives %d×%d, %v", h.Width, h.Height, err)
			}
		})
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPictureNamesTheFileAndWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty.png":   {nil, "the file is empty"},
		"text.tif":    {[]byte("hello, this is no picture"), "no TIFF, GIF, PNG, JPEG, BMP, WebP, DICOM, PGM or PPM"},
		"short.tif":   {[]byte("II*\x00\xff\x00\x00\x00"), "cut off"},
		"short.ppm":   {[]byte("P6\n10 10\n255\nabc"), "cut off"},
		"ascii.pgm":   {[]byte("P2\n1 1\n255\n7"), "P5"},
		"broken.gz":   {[]byte("\x1f\x8b\x08\x00"), "EOF"},
		"short.png":   {append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), 0, 0), "png"},
		"bomb.pgm":    {[]byte("P5\n999999999 999999999\n255\n"), "claims 999999999×999999999 pixels"},
		"bomb.png":    {pngHeader(1<<31-1, 1<<31-1), "png: the header claims 2147483647×2147483647 pixels, more than"},
		"minus.png":   {pngHeader(1<<32-1, 5), "png: the header claims 4294967295×5 pixels, more than"},
		"nothing.png": {pngHeader(0, 5), "png: the header gives a size of 0×5 pixels"},
		"huge.gif":    {append([]byte("GIF89a\xff\x0f\xff\x0f\x00\x00\x00"), bytes.Repeat([]byte{0}, 20)...), "cannot hold"},
		"zero.pgm":    {[]byte("P5\n0 5\n255\n"), "size of 0×5"},
		"words.pgm":   {[]byte("P5\nwide 5\n255\n"), "where a number should be"},
		"maxval.pgm":  {[]byte("P5\n1 1\n70000\n"), "maximum of 70000"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Picture(t.Context(), path)
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if text := err.Error(); !strings.Contains(text, path) || !strings.Contains(text, c.want) {
			t.Errorf("%s: error %q lacks the path or %q", name, text, c.want)
		}
	}
	if _, err := Picture(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Picture(t.Context(), filepath.Join(dir, "missing.png")); err == nil || !strings.Contains(err.Error(),
		"missing.png") {
		t.Errorf("a missing file: %v", err)
	}
}

// pngHeader is a PNG of grey levels that has a header alone.
func pngHeader(width, height uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 0, 0, 0, 0)
	data := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(data, chunk...), crc32.ChecksumIEEE(chunk))
}
