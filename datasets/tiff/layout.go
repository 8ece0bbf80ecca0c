package tiff

import (
	"errors"
	"fmt"

	"r2unet/datasets/raster"
)

// layout describes the pixels of a page.
type layout struct {
	width, height int
	channels      int // samples per pixel, alpha included
	bits, format  int
	compression   int
	photometric   int
	predictor     int
	planes        int // 1 = interleaved samples, otherwise one plane per channel
	orientation   int
	alpha         alpha

	// Strips are chunks as wide as the picture.
	tiled                   bool
	chunkWidth, chunkHeight int
	offsets, counts         []uint64

	colors []uint64
}

// layout collects what is needed to decode the pixels, and checks it.
func (d *directory) layout() (*layout, error) {
	l := layout{planes: 1}
	var planar, fill, rowsPerStrip int
	for _, f := range []struct {
		tag      uint16
		fallback uint64
		to       *int
	}{
		{tagWidth, 0, &l.width},
		{tagHeight, 0, &l.height},
		{tagSamplesPerPixel, 1, &l.channels},
		{tagBits, 1, &l.bits},
		{tagCompression, compressionNone, &l.compression},
		{tagPhotometric, blackIsZero, &l.photometric},
		{tagPredictor, 1, &l.predictor},
		{tagSampleFormat, formatUnsigned, &l.format},
		{tagRowsPerStrip, 1<<32 - 1, &rowsPerStrip},
		{tagPlanar, 1, &planar},
		{tagFillOrder, 1, &fill},
		{tagOrientation, 1, &l.orientation},
		{tagTileWidth, 0, &l.chunkWidth},
		{tagTileHeight, 0, &l.chunkHeight},
	} {
		v, err := d.number(f.tag, f.fallback)
		if err != nil {
			return nil, err
		}
		*f.to = v
	}
	if fill != 1 {
		return nil, fmt.Errorf("fill order %d is not read", fill)
	}
	switch {
	case planar == 2 && l.channels > 1:
		l.planes = l.channels
	case planar != 1 && planar != 2:
		return nil, fmt.Errorf("planar configuration %d is not read; "+
			"1 (interleaved) and 2 (a plane for each colour) are", planar)
	}
	extra, err := d.numbers(tagExtraSamples)
	if err != nil {
		return nil, err
	}
	if l.alpha, err = findAlpha(l.channels, l.photometric, extra); err != nil {
		return nil, err
	}
	offsetsTag, countsTag := uint16(tagStripOffsets), uint16(tagStripByteCounts)
	if _, l.tiled = d.entries[tagTileWidth]; l.tiled {
		offsetsTag, countsTag = tagTileOffsets, tagTileByteCounts
		if l.chunkWidth < 1 || l.chunkHeight < 1 {
			return nil, fmt.Errorf("the file gives tiles of %d×%d pixels", l.chunkWidth, l.chunkHeight)
		}
	} else {
		if rowsPerStrip < 1 {
			return nil, errors.New("the file gives 0 rows a strip")
		}
		l.chunkWidth, l.chunkHeight = l.width, min(rowsPerStrip, max(l.height, 1))
	}
	if l.offsets, err = d.numbers(offsetsTag); err != nil {
		return nil, err
	}
	if l.counts, err = d.numbers(countsTag); err != nil {
		return nil, err
	}
	if l.colors, err = d.numbers(tagColorMap); err != nil {
		return nil, err
	}
	if err := l.check(len(d.data)); err != nil {
		return nil, err
	}
	if len(l.counts) == 0 && l.compression == compressionNone && len(l.offsets) == 1 {
		l.counts = []uint64{uint64(l.rowBytes()) * uint64(l.chunkHeight)}
	}
	return &l, l.checkChunks(uint64(len(d.data)))
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

// Names of unsupported values, for messages.
var (
	compressionNames = map[int]string{
		2: "CCITT", 3: "CCITT fax 3", 4: "CCITT fax 4", 6: "old JPEG", 7: "JPEG", 34712: "JPEG 2000",
		34925: "LZMA", 50000: "Zstandard", 50001: "WebP",
	}
	photometricNames = map[int]string{
		4: "transparency mask", 5: "CMYK", 6: "YCbCr", 8: "CIE L*a*b*",
		32803: "colour filter array", 34892: "linear raw",
	}
)

// named returns a number with its name, if it has one, such as "7 (JPEG)".
func named(v int, names map[int]string) string {
	if name := names[v]; name != "" {
		return fmt.Sprintf("%d (%s)", v, name)
	}
	return fmt.Sprint(v)
}

// check rejects what is not supported. The error names it.
func (l *layout) check(fileBytes int) error {
	if err := raster.CheckSize(l.width, l.height); err != nil {
		return err
	}
	colours := l.channels - l.alpha.samples()
	switch {
	case l.photometric > photoColors:
		return fmt.Errorf("the photometric interpretation is %s; 0, 1 (grey), 2 (RGB) and 3 (palette) are read",
			named(l.photometric, photometricNames))
	case colours != 1 && colours != 3:
		return fmt.Errorf("the file has %d samples a pixel; 1 (grey) and 3 (RGB) are read, with or without alpha",
			l.channels)
	case l.bits != 1 && l.bits != 2 && l.bits != 4 && l.bits != 8 && l.bits != 16 && l.bits != 32:
		return fmt.Errorf("the file has %d bits a sample; 1, 2, 4, 8, 16 and 32 are read", l.bits)
	case l.bits < 8 && l.channels != 1:
		return fmt.Errorf("the file has %d bit a sample and several samples a pixel; that is not read", l.bits)
	case l.format < formatUnsigned || l.format > formatFloat:
		return fmt.Errorf("the sample format is %d; 1 (unsigned), 2 (signed) and 3 (float) are read", l.format)
	case l.format == formatFloat && l.bits != 32:
		return fmt.Errorf("the file has float samples of %d bits; 32 are read", l.bits)
	case l.format == formatSigned && l.bits < 16:
		return fmt.Errorf("the file has signed samples of %d bits; 16 and 32 are read", l.bits)
	case l.format != formatUnsigned && l.alpha != noAlpha:
		return errors.New("the file has signed or float samples and alpha; that is not read")
	case l.photometric == photoRGB && colours != 3, l.photometric < photoRGB && colours != 1:
		return fmt.Errorf("photometric interpretation %d does not go with %d samples a pixel",
			l.photometric, l.channels)
	case l.photometric == photoColors && (l.bits > 8 || l.channels != 1 || len(l.colors) != 3<<l.bits):
		return errors.New("a palette picture has at most 8 bits, one sample a pixel and 3·2^bits numbers in its " +
			"palette; this one differs")
	case l.predictor != 1 && (l.predictor != 2 || l.bits < 8 || l.format == formatFloat):
		return fmt.Errorf("predictor %d with %d bits a sample is not read", l.predictor, l.bits)
	}
	expansion := l.expansion()
	if expansion == 0 {
		return fmt.Errorf("compression %s is not read; none, LZW, Deflate and PackBits are",
			named(l.compression, compressionNames))
	}
	if err := raster.CheckSize(l.chunkWidth, l.chunkHeight); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	across, down := l.grid()
	if l.tiled { // tiles are complete even where they extend beyond the picture
		if err := raster.CheckSize(across*l.chunkWidth, down*l.chunkHeight); err != nil {
			return fmt.Errorf("tiles: %w", err)
		}
	}
	return raster.CheckClaim(l.width, l.height, l.channels*l.bits, fileBytes, expansion)
}
