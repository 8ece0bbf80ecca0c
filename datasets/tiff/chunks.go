package tiff

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/image/tiff/lzw"

	"r2unet/datasets/raster"
)

// expansion returns how many bytes one compressed byte can become, or 0 for an unsupported compression.
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

// grid returns the number of chunks of a plane across and down.
func (l *layout) grid() (across, down int) {
	return (l.width + l.chunkWidth - 1) / l.chunkWidth, (l.height + l.chunkHeight - 1) / l.chunkHeight
}

// interleaved returns how many samples of a pixel lie side by side in a chunk.
func (l *layout) interleaved() int { return l.channels / l.planes }

// rowBytes returns the length of one row of a decompressed chunk.
func (l *layout) rowBytes() int { return (l.chunkWidth*l.interleaved()*l.bits + 7) / 8 }

// rows returns the number of rows in chunks of the grid's row y: all rows of a tile, and the remaining ones in the
// last strip.
func (l *layout) rows(y int) int {
	if l.tiled {
		return l.chunkHeight
	}
	return min(l.chunkHeight, l.height-y*l.chunkHeight)
}

func (l *layout) kind() string {
	if l.tiled {
		return "tile"
	}
	return "strip"
}

// checkChunks checks, before memory is allocated, that there are as many chunks as the picture needs, that each lies
// within the file, and that each can hold its rows.
func (l *layout) checkChunks(fileBytes uint64) error {
	across, down := l.grid()
	if want := across * down * l.planes; len(l.offsets) != want || len(l.counts) != want {
		return fmt.Errorf("%d×%d pixels in %ss of %d×%d need %d %ss, but the file lists %d offsets and %d lengths",
			l.width, l.height, l.kind(), l.chunkWidth, l.chunkHeight, want, l.kind(), len(l.offsets), len(l.counts))
	}
	row := uint64(l.rowBytes())
	for i, offset := range l.offsets {
		if offset > fileBytes || l.counts[i] > fileBytes-offset {
			return fmt.Errorf("%s %d of %d ends at byte %d, but the file has %d; it is cut off",
				l.kind(), i+1, len(l.offsets), offset+l.counts[i], fileBytes)
		}
		rows := uint64(l.rows(i / across % down))
		if rows*row > l.counts[i]*uint64(l.expansion()) {
			return fmt.Errorf("%s %d of %d has %d bytes, too few for its %d rows of %d",
				l.kind(), i+1, len(l.offsets), l.counts[i], rows, row)
		}
	}
	return nil
}

// readChunks decompresses all strips or tiles into one buffer of interleaved samples of at least 8 bits, in the file's
// byte order.
func (l *layout) readChunks(ctx context.Context, f *file) ([]byte, error) {
	across, down := l.grid()
	size := max(l.bits/8, 1)
	out := make([]byte, l.width*l.height*l.channels*size)
	row := l.rowBytes()
	direct := !l.tiled && l.planes == 1 && l.bits >= 8 // a strip is a slice of the picture
	var buffer []byte
	if !direct {
		buffer = make([]byte, row*l.rows(0))
	}
	for i, offset := range l.offsets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, y, plane := i%across, i/across%down, i/(across*down)
		rows := l.rows(y)
		chunk := buffer
		if direct {
			chunk = out[y*l.chunkHeight*row:]
		}
		chunk = chunk[:rows*row]
		if err := l.expand(chunk, f.data[offset:offset+l.counts[i]]); err != nil {
			return nil, fmt.Errorf("%s %d of %d (rows %d–%d): %w", l.kind(), i+1, len(l.offsets),
				y*l.chunkHeight+1, min(y*l.chunkHeight+rows, l.height), err)
		}
		l.undoPredictor(chunk, row, f.order)
		if !direct {
			l.place(out, chunk, x*l.chunkWidth, y*l.chunkHeight, plane)
		}
	}
	return out, nil
}

// place copies the part of a chunk within the picture to its column, row and channel.
func (l *layout) place(out, chunk []byte, left, top, plane int) {
	size, n, row := max(l.bits/8, 1), l.interleaved(), l.rowBytes()
	width := min(l.chunkWidth, l.width-left)
	for y := range min(len(chunk)/row, l.height-top) {
		line := chunk[y*row : (y+1)*row]
		to := out[((top+y)*l.width+left)*l.channels*size:]
		switch {
		case l.bits < 8:
			l.unpack(to[:width], line)
		case l.planes == 1:
			copy(to[:width*n*size], line)
		default:
			for x := range width {
				copy(to[(x*l.channels+plane)*size:][:size], line[x*size:])
			}
		}
	}
}

// unpack spreads samples of 1, 2 or 4 bits to bytes: greys scaled to 255, palette indices as they are.
func (l *layout) unpack(to, line []byte) {
	full := byte(1<<l.bits - 1)
	scale := 255 / full
	if l.photometric == photoColors {
		scale = 1
	}
	for x := range to {
		bit := x * l.bits
		to[x] = line[bit/8] >> (8 - l.bits - bit%8) & full * scale
	}
}

var errShort = errors.New("the compressed data end before the pixels do")

func (l *layout) expand(chunk, packed []byte) error {
	var r io.Reader
	switch l.compression {
	case compressionNone:
		copy(chunk, packed)
		return nil
	case compressionPackBits:
		return unpackRuns(chunk, packed)
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
	// Whatever follows the last pixel is ignored: an end code of the wrong width is harmless, as in libtiff.
	if _, err := io.ReadFull(r, chunk); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errShort
		}
		return err
	}
	return nil
}

// unpackRuns decompresses PackBits (TIFF 6.0, section 9).
func unpackRuns(chunk, packed []byte) error {
	for len(chunk) > 0 {
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
			chunk = chunk[copy(chunk, packed[1:n+2]):]
			packed = packed[n+2:]
		default:
			count := min(1-n, len(chunk))
			for i := range count {
				chunk[i] = packed[1]
			}
			chunk = chunk[count:]
			packed = packed[2:]
		}
	}
	return nil
}
