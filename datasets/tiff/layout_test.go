package tiff

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
	"r2unet/datasets/raster"
)

// tag is a directory entry for write. All values have 32 bits, or 64 in BigTIFF.
type tag struct {
	number uint16
	values []uint64
}

// write makes a TIFF of strips or tiles, listed under the tags at and count.
func write(big bool, pieces [][]byte, at, count uint16, tags ...tag) []byte {
	le := binary.LittleEndian
	out := []byte("II*\x00\x00\x00\x00\x00")
	size, kind := 4, uint16(typeLong)
	number := func(v uint64) { out = le.AppendUint32(out, uint32(v)) }
	if big {
		out = []byte("II+\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
		size, kind = 8, typeLong8
		number = func(v uint64) { out = le.AppendUint64(out, v) }
	}
	offsets, counts := tag{number: at}, tag{number: count}
	for _, p := range pieces {
		offsets.values = append(offsets.values, uint64(len(out)))
		counts.values = append(counts.values, uint64(len(p)))
		out = append(out, p...)
	}
	tags = append(tags, offsets, counts)
	slices.SortFunc(tags, func(a, b tag) int { return int(a.number) - int(b.number) })
	lists := map[uint16]uint64{}
	for _, e := range tags {
		if len(e.values) > 1 {
			lists[e.number] = uint64(len(out))
			for _, v := range e.values {
				number(v)
			}
		}
	}
	if big {
		le.PutUint64(out[8:], uint64(len(out)))
		out = le.AppendUint64(out, uint64(len(tags)))
	} else {
		le.PutUint32(out[4:], uint32(len(out)))
		out = le.AppendUint16(out, uint16(len(tags)))
	}
	for _, e := range tags {
		out = le.AppendUint16(le.AppendUint16(out, e.number), kind)
		number(uint64(len(e.values)))
		if len(e.values) == 1 {
			number(e.values[0])
		} else {
			number(lists[e.number])
		}
	}
	return append(out, make([]byte, size)...)
}

// tiles cuts a picture into tiles, with zeros beyond its border.
func tiles(m *raster.Image, w, h int) (out [][]byte) {
	n := m.Channels * m.Type.Bytes()
	for y := 0; y < m.Height; y += h {
		for x := 0; x < m.Width; x += w {
			tile := make([]byte, w*h*n)
			for r := range min(h, m.Height-y) {
				copy(tile[r*w*n:], m.Data[((y+r)*m.Width+x)*n:][:min(w, m.Width-x)*n])
			}
			out = append(out, tile)
		}
	}
	return out
}

func one(number uint16, value uint64) tag { return tag{number, []uint64{value}} }

func TestTilesPlanesAndBigFilesGiveTheSamePixels(t *testing.T) {
	m := noisy(37, 21, 3, raster.Uint8)
	size := []tag{
		one(tagWidth, 37), one(tagHeight, 21), one(tagSamplesPerPixel, 3), one(tagPhotometric, photoRGB),
		{tagBits, []uint64{8, 8, 8}},
	}
	tiled := append([]tag{one(tagTileWidth, 16), one(tagTileHeight, 16)}, size...)
	var planes, planeTiles [][]byte
	for c := range 3 {
		p := raster.New(37, 21, 1, raster.Uint8)
		for i := range p.Data {
			p.Data[i] = m.Data[3*i+c]
		}
		planes = append(planes, p.Data)
		planeTiles = append(planeTiles, tiles(p, 16, 16)...)
	}
	for name, data := range map[string][]byte{
		"tiles":           write(false, tiles(m, 16, 16), tagTileOffsets, tagTileByteCounts, tiled...),
		"tiles, BigTIFF":  write(true, tiles(m, 16, 16), tagTileOffsets, tagTileByteCounts, tiled...),
		"planes":          write(false, planes, tagStripOffsets, tagStripByteCounts, append(size, one(tagPlanar, 2))...),
		"planes in tiles": write(false, planeTiles, tagTileOffsets, tagTileByteCounts, append(tiled, one(tagPlanar, 2))...),
		"strips, BigTIFF": write(true, [][]byte{m.Data}, tagStripOffsets, tagStripByteCounts, size...),
	} {
		got, err := Decode(t.Context(), data, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(got.Data, m.Data) {
			t.Errorf("%s: the pixels differ", name)
		}
		if name == "tiles" { // another decoder reads these
			img, err := tiff.Decode(bytes.NewReader(data))
			if err != nil || !bytes.Equal(raster.FromImage(img).Data, got.Data) {
				t.Errorf("golang.org/x/image/tiff has other pixels: %v", err)
			}
		}
		if _, err := Decode(t.Context(), data[:len(data)/2], 0); err == nil {
			t.Errorf("%s: half of the file is read", name)
		}
	}
}

func TestPredictorWorksInEachTile(t *testing.T) {
	m := noisy(20, 9, 1, raster.Uint8)
	pieces := tiles(m, 16, 16)
	for _, p := range pieces {
		for i := len(p) - 1; i >= 0; i-- {
			if i%16 > 0 {
				p[i] -= p[i-1]
			}
		}
	}
	data := write(false, pieces, tagTileOffsets, tagTileByteCounts,
		one(tagWidth, 20), one(tagHeight, 9), one(tagBits, 8), one(tagPredictor, 2),
		one(tagTileWidth, 16), one(tagTileHeight, 16))
	got, err := Decode(t.Context(), data, 0)
	if err != nil || !bytes.Equal(got.Data, m.Data) {
		t.Errorf("the pixels differ: %v", err)
	}
}

func TestExtraSamplesSayWhatAlphaIs(t *testing.T) {
	pixels := [][]byte{{100, 50, 0, 128, 200, 100, 50, 255}}
	for name, c := range map[string]struct {
		extra []tag
		want  []byte
		alpha []byte
	}{
		"not said":     {nil, []byte{100, 50, 0, 200, 100, 50}, []byte{128, 255}},
		"unspecified":  {[]tag{one(tagExtraSamples, 0)}, []byte{100, 50, 0, 200, 100, 50}, nil},
		"associated":   {[]tag{one(tagExtraSamples, 1)}, []byte{199, 100, 0, 200, 100, 50}, []byte{128, 255}},
		"unassociated": {[]tag{one(tagExtraSamples, 2)}, []byte{100, 50, 0, 200, 100, 50}, []byte{128, 255}},
	} {
		tags := append(c.extra, one(tagWidth, 2), one(tagHeight, 1), one(tagBits, 8), one(tagSamplesPerPixel, 4),
			one(tagPhotometric, photoRGB))
		m, err := Decode(t.Context(), write(false, pixels, tagStripOffsets, tagStripByteCounts, tags...), 0)
		if err != nil || m.Channels != 3 || !bytes.Equal(m.Data, c.want) || !bytes.Equal(m.Alpha, c.alpha) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestPaletteOfEightBitsIsNotBlack(t *testing.T) {
	colors := tag{tagColorMap, []uint64{0, 200, 0, 0, 0, 100, 0, 0, 0, 50, 0, 0}}
	data := write(false, [][]byte{{0b00_01_00_00}}, tagStripOffsets, tagStripByteCounts,
		one(tagWidth, 2), one(tagHeight, 1), one(tagBits, 2), one(tagPhotometric, photoColors), colors)
	m, err := Decode(t.Context(), data, 0)
	if want := []byte{0, 0, 0, 200, 100, 50}; err != nil || !bytes.Equal(m.Data, want) {
		t.Errorf("%+v, %v, want %v", m, err, want)
	}
}

func TestHostileLayoutsAreRefused(t *testing.T) {
	size := []tag{one(tagWidth, 64), one(tagHeight, 64), one(tagBits, 8)}
	tile := [][]byte{make([]byte, 64*64)}
	loop := write(false, tile, tagStripOffsets, tagStripByteCounts, size...)
	// The next directory is the same one.
	binary.LittleEndian.PutUint32(loop[len(loop)-4:], binary.LittleEndian.Uint32(loop[4:]))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"tiles of a million rows": {
			write(false, tile, tagTileOffsets, tagTileByteCounts,
				append(size, one(tagTileWidth, 64), one(tagTileHeight, 1<<20))...), "rows",
		},
		"tiles larger than all": {
			write(false, tile, tagTileOffsets, tagTileByteCounts,
				append(size, one(tagTileWidth, 1<<30), one(tagTileHeight, 1<<30))...), "tiles: ",
		},
		"tiles of no width": {
			write(false, tile, tagTileOffsets, tagTileByteCounts,
				append(size, one(tagTileWidth, 0), one(tagTileHeight, 64))...), "tiles of 0×64",
		},
		"a number of 64 bits": {
			write(true, tile, tagStripOffsets, tagStripByteCounts,
				one(tagWidth, 1<<60), one(tagHeight, 64), one(tagBits, 8)), "tag 256",
		},
		"directories in a circle": {loop, "leads back"},
		"JPEG in TIFF": {
			write(false, tile, tagStripOffsets, tagStripByteCounts, append(size, one(tagCompression, 7))...),
			"compression 7 (JPEG)",
		},
		"CMYK": {
			write(false, tile, tagStripOffsets, tagStripByteCounts, append(size, one(tagPhotometric, 5))...),
			"5 (CMYK)",
		},
	} {
		if _, err := Decode(t.Context(), c.data, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
