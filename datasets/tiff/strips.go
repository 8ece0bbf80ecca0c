package tiff

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"golang.org/x/image/tiff/lzw"

	"r2unet/datasets/raster"
)

// expansion is how many bytes one compressed byte can become, 0 for a compression that is not read.
func (l *layout) expansion() int {
	switch l.compression {
	case compressionNone:
		return raster.ExpansionNone
	case compressionLZW:
		return raster.ExpansionLZW
	case compressionDeflate, compressionDeflate2:
		return raster.ExpansionDeflate
	case compressionPackBits:
		return raster.ExpansionPackBits
	}
	return 0
}

// readStrips decompresses all strips into one buffer of rows.
func (l *layout) readStrips(data []byte) ([]byte, error) {
	row := l.rowBytes()
	if err := l.checkStrips(int64(len(data)), int64(row)); err != nil {
		return nil, err
	}
	pixels := make([]byte, row*l.height)
	for i, offset := range l.offsets {
		first := i * l.rowsPerStrip
		rows := min(l.rowsPerStrip, l.height-first)
		strip := pixels[first*row : (first+rows)*row]
		packed := data[offset : offset+l.counts[i]]
		if err := l.expand(strip, packed); err != nil {
			return nil, fmt.Errorf("strip %d of %d (rows %d–%d): %w", i+1, len(l.offsets), first+1, first+rows, err)
		}
	}
	return pixels, nil
}

// checkStrips makes sure that each strip lies in the file and can hold its rows, before memory is allocated for them.
func (l *layout) checkStrips(fileBytes, row int64) error {
	for i, offset := range l.offsets {
		if offset > uint64(fileBytes) || l.counts[i] > uint64(fileBytes)-offset {
			return fmt.Errorf("strip %d of %d ends at byte %d, but the file has %d; it is cut off", i+1, len(l.offsets), offset+l.counts[i], fileBytes)
		}
		rows := int64(min(l.rowsPerStrip, l.height-i*l.rowsPerStrip))
		if rows*row > int64(l.counts[i])*int64(l.expansion()) {
			return fmt.Errorf("strip %d of %d has %d bytes, too few for its %d rows of %d", i+1, len(l.offsets), l.counts[i], rows, row)
		}
	}
	return nil
}

var errShort = errors.New("the compressed data end before the pixels do")

func (l *layout) expand(strip, packed []byte) error {
	var r io.Reader
	switch l.compression {
	case compressionNone:
		copy(strip, packed)
		return nil
	case compressionPackBits:
		return unpackRuns(strip, packed)
	case compressionLZW:
		c := lzw.NewReader(bytes.NewReader(packed), lzw.MSB, 8)
		defer c.Close()
		r = c
	default:
		c, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		defer c.Close()
		r = c
	}
	// Whatever follows the last pixel is not looked at: an end code of the wrong width is harmless, as in libtiff.
	if _, err := io.ReadFull(r, strip); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errShort
		}
		return err
	}
	return nil
}

// unpackRuns undoes PackBits (TIFF 6.0, section 9).
func unpackRuns(strip, packed []byte) error {
	for len(strip) > 0 {
		if len(packed) < 2 {
			return errShort
		}
		n := int(int8(packed[0]))
		switch {
		case n == -128:
			packed = packed[1:]
		case n >= 0:
			if len(packed) < n+2 {
				return errShort
			}
			strip = strip[copy(strip, packed[1:n+2]):]
			packed = packed[n+2:]
		default:
			count := min(1-n, len(strip))
			for i := range count {
				strip[i] = packed[1]
			}
			strip = strip[count:]
			packed = packed[2:]
		}
	}
	return nil
}
