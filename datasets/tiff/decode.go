// Package tiff reads the TIFF files of the datasets: grey, RGB and palette pictures in strips, 1, 8, 16 and 32 bits a sample,
// unsigned, signed and float, uncompressed, LZW, Deflate or PackBits, with or without the horizontal predictor, in either byte order.
//
// golang.org/x/image/tiff reads neither signed nor float samples, and it refuses files whose LZW strips end, after all their
// pixels, with an end code of the wrong width, as six of DRIVE's images do. Here, as in libtiff, a strip is done when its pixels are.
package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"

	"r2unet/datasets/raster"
)

// Tags and their values (TIFF 6.0, section 8 and supplements).
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanar          = 284
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagSampleFormat    = 339

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

// layout is what the header says about the pixels.
type layout struct {
	width, height, channels int
	bits, format            int
	compression             int
	photometric             int
	predictor               int
	rowsPerStrip            int
	offsets, counts         []uint64
	colors                  []uint64
}

// Decode reads the first picture of a TIFF file. Errors say what was found and what is read; sizes are checked against the length of
// data before memory is taken.
func Decode(data []byte) (*raster.Image, error) {
	m, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	return m, nil
}

// Size reads the width and height from the header and checks that the file is one that Decode reads.
func Size(data []byte) (width, height int, err error) {
	d, err := readDirectory(data)
	if err != nil {
		return 0, 0, fmt.Errorf("tiff: %w", err)
	}
	l, err := d.layout()
	if err != nil {
		return 0, 0, fmt.Errorf("tiff: %w", err)
	}
	return l.width, l.height, nil
}

func decode(data []byte) (*raster.Image, error) {
	d, err := readDirectory(data)
	if err != nil {
		return nil, err
	}
	l, err := d.layout()
	if err != nil {
		return nil, err
	}
	pixels, err := l.readStrips(data)
	if err != nil {
		return nil, err
	}
	m := &raster.Image{Width: l.width, Height: l.height, Channels: l.channels, Type: l.sampleType(), Data: pixels}
	if l.bits == 1 {
		m.Data = unpackBits(pixels, l.width, l.height)
	}
	l.undoPredictor(m.Data, d.order)
	toLittleEndian(m.Data, m.Type.Bytes(), d.order)
	switch l.photometric {
	case whiteIsZero:
		invert(m)
	case photoColors:
		return applyColors(m, l.colors)
	}
	return m, nil
}

func (l *layout) sampleType() raster.Type {
	switch {
	case l.bits <= 8:
		return raster.Uint8
	case l.bits == 16 && l.format == formatSigned:
		return raster.Int16
	case l.bits == 16:
		return raster.Uint16
	case l.format == formatFloat:
		return raster.Float32
	case l.format == formatSigned:
		return raster.Int32
	default:
		return raster.Uint32
	}
}

// check refuses what is not read here, each by its name.
func (l *layout) check(fileBytes int) error {
	if err := raster.CheckSize(l.width, l.height); err != nil {
		return err
	}
	switch {
	case l.channels != 1 && l.channels != 3 && l.channels != 4:
		return fmt.Errorf("the file has %d samples a pixel; 1 (grey), 3 (RGB) and 4 (RGB and alpha) are read", l.channels)
	case l.bits != 1 && l.bits != 8 && l.bits != 16 && l.bits != 32:
		return fmt.Errorf("the file has %d bits a sample; 1, 8, 16 and 32 are read", l.bits)
	case l.bits == 1 && l.channels != 1:
		return errors.New("the file has 1 bit a sample and several samples a pixel; that is not read")
	case l.format < formatUnsigned || l.format > formatFloat:
		return fmt.Errorf("the sample format is %d; 1 (unsigned), 2 (signed) and 3 (float) are read", l.format)
	case l.format == formatFloat && l.bits != 32:
		return fmt.Errorf("the file has float samples of %d bits; 32 are read", l.bits)
	case l.format == formatSigned && l.bits < 16:
		return fmt.Errorf("the file has signed samples of %d bits; 16 and 32 are read", l.bits)
	case l.photometric > photoColors:
		return fmt.Errorf("the photometric interpretation is %d; 0, 1 (grey), 2 (RGB) and 3 (palette) are read", l.photometric)
	case l.photometric == photoRGB && l.channels < 3, l.photometric < photoRGB && l.channels != 1:
		return fmt.Errorf("photometric interpretation %d does not go with %d samples a pixel", l.photometric, l.channels)
	case l.photometric == photoColors && (l.bits != 8 || l.channels != 1 || len(l.colors) != 3*256):
		return errors.New("a palette picture has 8 bits, one sample a pixel and 256 colours; this one differs")
	case l.predictor != 1 && (l.predictor != 2 || l.bits < 8 || l.format == formatFloat):
		return fmt.Errorf("predictor %d with %d bits a sample is not read", l.predictor, l.bits)
	}
	expansion := l.expansion()
	if expansion == 0 {
		return fmt.Errorf("compression %d is not read; none, LZW, Deflate and PackBits are", l.compression)
	}
	if err := raster.CheckClaim(l.width, l.height, l.channels*l.bits, fileBytes, expansion); err != nil {
		return err
	}
	strips := (l.height + l.rowsPerStrip - 1) / l.rowsPerStrip
	if len(l.offsets) != strips || len(l.counts) != strips {
		return fmt.Errorf("%d rows in strips of %d need %d strips, but the file lists %d offsets and %d lengths",
			l.height, l.rowsPerStrip, strips, len(l.offsets), len(l.counts))
	}
	return nil
}

// rowBytes is the length of one row of decompressed pixels.
func (l *layout) rowBytes() int { return (l.width*l.channels*l.bits + 7) / 8 }

func unpackBits(packed []byte, width, height int) []byte {
	out := make([]byte, width*height)
	row := (width + 7) / 8
	for y := range height {
		for x := range width {
			if packed[y*row+x/8]&(0x80>>(x%8)) != 0 {
				out[y*width+x] = 255
			}
		}
	}
	return out
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

// undoPredictor adds up the differences along each row (TIFF 6.0, section 14).
func (l *layout) undoPredictor(data []byte, order binary.ByteOrder) {
	if l.predictor != 2 {
		return
	}
	row := l.rowBytes()
	for y := range l.height {
		line := data[y*row : (y+1)*row]
		switch l.bits {
		case 8:
			for i := l.channels; i < len(line); i++ {
				line[i] += line[i-l.channels]
			}
		case 16:
			for i := 2 * l.channels; i+2 <= len(line); i += 2 {
				order.PutUint16(line[i:], order.Uint16(line[i:])+order.Uint16(line[i-2*l.channels:]))
			}
		case 32:
			for i := 4 * l.channels; i+4 <= len(line); i += 4 {
				order.PutUint32(line[i:], order.Uint32(line[i:])+order.Uint32(line[i-4*l.channels:]))
			}
		}
	}
}

// invert turns pictures whose zero is white around. Signed and float pictures are left alone: their numbers are measurements.
func invert(m *raster.Image) {
	if m.FullScale() == 0 {
		return
	}
	for i := range m.Data {
		m.Data[i] = ^m.Data[i]
	}
}

// applyColors replaces palette indices by 8-bit colours; the map holds 256 reds, greens and blues of 16 bits.
func applyColors(m *raster.Image, colors []uint64) (*raster.Image, error) {
	out := raster.New(m.Width, m.Height, 3, raster.Uint8)
	for i, v := range m.Data {
		for c := range 3 {
			out.Data[3*i+c] = uint8(colors[c*256+int(v)] >> 8)
		}
	}
	return out, nil
}
