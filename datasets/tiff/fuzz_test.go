package tiff

import (
	"bytes"
	"strings"
	"testing"

	"r2unet/datasets/raster"
	"r2unet/internal/alloctest"
)

// decodedMultiple bounds the cost of a byte of a file: LZW expands it to up to 2,731 bytes of eight pixels each, and
// the packed bits exist beside the pixels.
const decodedMultiple = 9 * raster.ExpansionLZW

// FuzzDecode: data decode to a picture or give an error that names the format. Rejected data cost a small multiple of
// their size.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("II*\x00\x08\x00\x00\x00"))
	for _, o := range []Options{{}, {LZW: true, RowsPerStrip: 2}} {
		for _, typ := range []raster.Type{raster.Uint8, raster.Int16, raster.Float32} {
			var b bytes.Buffer
			if err := Encode(&b, noisy(7, 5, 1, typ), o); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes())
		}
	}
	small := noisy(7, 5, 1, raster.Uint8)
	for _, big := range []bool{false, true} {
		f.Add(write(big, tiles(small, 4, 4), tagTileOffsets, tagTileByteCounts,
			one(tagWidth, 7), one(tagHeight, 5), one(tagBits, 8), one(tagTileWidth, 4),
			one(tagTileHeight, 4), one(tagOrientation, 6)))
		f.Add(write(big, [][]byte{make([]byte, 70)}, tagStripOffsets, tagStripByteCounts,
			one(tagWidth, 7), one(tagHeight, 5), one(tagBits, 8),
			one(tagSamplesPerPixel, 2), one(tagExtraSamples, 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var width, height int
		var err error
		alloctest.AtMost(t, 64*len(data), func() { width, height, _, err = Size(data, 0) })
		multiple := decodedMultiple
		if err != nil {
			multiple = 64
		}
		var m *raster.Image
		alloctest.AtMost(t, multiple*len(data), func() { m, err = Decode(t.Context(), data, 0) })
		if err != nil {
			if !strings.HasPrefix(err.Error(), "tiff: ") {
				t.Errorf("the error does not name the format: %v", err)
			}
			return
		}
		if m.Width != width || m.Height != height || len(m.Data) != m.Samples()*m.Type.Bytes() {
			t.Fatalf("%d bytes for %d×%d×%d of %v; the header says %d×%d",
				len(m.Data), m.Width, m.Height, m.Channels, m.Type, width, height)
		}
	})
}
