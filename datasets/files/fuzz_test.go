package files

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets/raster"
	"r2unet/internal/alloctest"
)

// decodedMultiple bounds the cost of a byte of a picture: Deflate expands it to 1,032 bytes of eight pixels each, and
// a pixel takes one byte in the standard library's picture, one more while an interlaced picture is assembled, and
// three as a colour.
const decodedMultiple = 5 * 8 * raster.ExpansionDeflate

// FuzzDecode: data decode to a picture of the size in their header, or give an error that names the file. Data
// rejected because of their header cost a small multiple of their size.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"", "P5 2 2 255\n1234", "P6\n#c\n1 1\n255\nabc", "II*\x00", "GIF89a", "\x89PNG\r\n\x1a\n",
		"\xff\xd8\xff", "\x1f\x8b\x08",
	} {
		f.Add([]byte(s))
	}
	small, err := filepath.Glob("testdata/pil/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range small {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(strings.Repeat("\x00", 128) + "DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var h Header
		var sizeErr, err error
		alloctest.AtMost(t, 64*len(data), func() { h, sizeErr = ReadHeader("x.png", data) })
		multiple := decodedMultiple
		if sizeErr != nil {
			multiple = 64
			if !strings.Contains(sizeErr.Error(), "x.png") {
				t.Errorf("the error does not name the file: %v", sizeErr)
			}
		}
		free := 0
		if strings.HasPrefix(string(data), "RIFF") {
			free = 24 * webpFree // bytes for pixels that cost nothing
		}
		var m *raster.Image
		alloctest.AtMost(t, free+multiple*len(data), func() { m, err = Decode(t.Context(), data) })
		if err != nil {
			return
		}
		if len(m.Data) != m.Samples()*m.Type.Bytes() || m.Width <= 0 || m.Height <= 0 {
			t.Fatalf("%d bytes for %d×%d×%d", len(m.Data), m.Width, m.Height, m.Channels)
		}
		if sizeErr != nil || h.Width != m.Width || h.Height != m.Height {
			t.Fatalf("the header says %d×%d, %v; the picture has %d×%d", h.Width, h.Height, sizeErr, m.Width, m.Height)
		}
	})
}

// FuzzPair: whatever the files are called, each entry occurs once, its files are among the given ones, and no file is
// used twice.
func FuzzPair(f *testing.F) {
	f.Add("imageA.png\nlabelA.png")
	f.Add("a/imageA.ppm\na/imageA.ppm.gz\nb/imageA.ppm\nlabelB.gif")
	f.Fuzz(func(t *testing.T, list string) {
		paths := strings.Split(list, "\n")
		if len(paths) > 100 {
			return
		}
		var entries []Entry
		var problems, alone []Problem
		alloctest.AtMost(t, 1024*len(list), func() { entries, problems, alone = Pair(paths, letters) })
		var used []string
		for i, e := range entries {
			if i > 0 && e.ID <= entries[i-1].ID {
				t.Errorf("%q comes after %q", e.ID, entries[i-1].ID)
			}
			if e.Image == "" {
				t.Errorf("%q has no image", e.ID)
			}
			used = append(used, e.Paths()...)
		}
		slices.Sort(used)
		if unique := slices.Compact(slices.Clone(used)); len(unique) != len(used) {
			t.Errorf("a file is used twice: %q", used)
		}
		for _, p := range slices.Concat(problems, alone) {
			used = append(used, p.File)
			if !strings.HasPrefix(p.Error(), p.File+": ") {
				t.Errorf("the problem does not name its file: %v", p)
			}
		}
		for _, file := range used {
			if !slices.Contains(paths, file) {
				t.Errorf("%q is none of the files", file)
			}
		}
	})
}
