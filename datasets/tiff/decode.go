// Package tiff reads the TIFF and BigTIFF files of the datasets: grey, RGB and palette pictures with or without alpha,
// in strips or tiles, interleaved or planar, with 1 to 32 bits per sample, unsigned, signed or float, uncompressed,
// LZW, Deflate or PackBits, with or without the horizontal predictor, in either byte order, turned by their
// orientation.
//
// golang.org/x/image/tiff reads neither signed nor float samples, and it rejects files whose LZW strips end, after all
// their pixels, with an end code of the wrong width, as six of DRIVE's images do. Here, as in libtiff, a strip ends
// with its last pixel.
package tiff

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"r2unet/datasets/raster"
)

// Tags and their values (TIFF 6.0, section 8 and supplements).
const (
	tagNewSubfileType  = 254
	tagSubfileType     = 255
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagDescription     = 270
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanar          = 284
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagExtraSamples    = 338
	tagSampleFormat    = 339

	oldReducedResolution = 2

	compressionNone     = 1
	compressionLZW      = 5
	compressionDeflate  = 8
	compressionDeflate2 = 32946
	compressionPackBits = 32773

	whiteIsZero = 0
	blackIsZero = 1
	photoRGB    = 2
	photoColors = 3

	formatUnsigned = 1
	formatSigned   = 2
	formatFloat    = 3
)

// Decode reads one page of a file, counted from 0, see Pages. Errors say what was found and what is supported. Sizes
// are checked against the length of data before memory is allocated. Decode returns the context's error when it ends.
func Decode(ctx context.Context, data []byte, page int) (*raster.Image, error) {
	m, err := decode(ctx, data, page)
	if err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	return m, nil
}

// Size reads the width and height in px of page i, as the picture is shown, and its orientation (1 to 8, see
// raster.Image.Orient) from the header. It returns an error unless Decode can read the page.
func Size(data []byte, i int) (width, height, orientation int, err error) {
	d, err := page(data, i)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("tiff: %w", err)
	}
	l, err := d.layout()
	if err != nil {
		return 0, 0, 0, fmt.Errorf("tiff: %w", err)
	}
	width, height = raster.Oriented(l.width, l.height, l.orientation)
	return width, height, l.orientation, nil
}

func decode(ctx context.Context, data []byte, i int) (*raster.Image, error) {
	d, err := page(data, i)
	if err != nil {
		return nil, err
	}
	l, err := d.layout()
	if err != nil {
		return nil, err
	}
	pixels, err := l.readChunks(ctx, &d.file)
	if err != nil {
		return nil, err
	}
	m := &raster.Image{Width: l.width, Height: l.height, Channels: l.channels, Type: l.sampleType(), Data: pixels}
	toLittleEndian(m.Data, m.Type.Bytes(), d.order)
	m = l.alpha.split(m)
	switch l.photometric {
	case whiteIsZero:
		invert(m)
	case photoColors:
		m = applyColors(m, l.colors)
	}
	return m.Orient(l.orientation), nil
}

func toLittleEndian(data []byte, size int, order binary.ByteOrder) {
	if size == 1 || order == binary.LittleEndian {
		return
	}
	for i := 0; i+size <= len(data); i += size {
		for a, b := i, i+size-1; a < b; a, b = a+1, b-1 {
			data[a], data[b] = data[b], data[a]
		}
	}
}

// undoPredictor sums the differences along each row of a chunk (TIFF 6.0, section 14).
func (l *layout) undoPredictor(data []byte, row int, order binary.ByteOrder) {
	if l.predictor != 2 {
		return
	}
	n := l.interleaved()
	for line := range slices.Chunk(data, row) {
		switch l.bits {
		case 8:
			for i := n; i < len(line); i++ {
				line[i] += line[i-n]
			}
		case 16:
			for i := 2 * n; i+2 <= len(line); i += 2 {
				order.PutUint16(line[i:], order.Uint16(line[i:])+order.Uint16(line[i-2*n:]))
			}
		case 32:
			for i := 4 * n; i+4 <= len(line); i += 4 {
				order.PutUint32(line[i:], order.Uint32(line[i:])+order.Uint32(line[i-4*n:]))
			}
		}
	}
}

// invert inverts pictures whose zero is white. Signed and float pictures stay as they are, because their numbers are
// measurements.
func invert(m *raster.Image) {
	if m.FullScale() == 0 {
		return
	}
	for i := range m.Data {
		m.Data[i] = ^m.Data[i]
	}
}

// applyColors replaces palette indices by 8-bit colours. The map holds the reds, then the greens and the blues, of 16
// bits. If none exceeds 255, its writer used 8 bits, as libtiff assumes too.
func applyColors(m *raster.Image, colors []uint64) *raster.Image {
	shift := 8
	if slices.Max(colors) < 256 {
		shift = 0
	}
	n := len(colors) / 3
	out := raster.New(m.Width, m.Height, 3, raster.Uint8)
	for i, v := range m.Data {
		for c := range 3 {
			out.Data[3*i+c] = uint8(colors[c*n+int(v)] >> shift)
		}
	}
	return out
}
