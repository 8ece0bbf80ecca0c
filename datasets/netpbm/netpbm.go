// Package netpbm reads and writes binary PGM (P5) and PPM (P6) pictures, the format of the STARE set. The magic number
// counts, not the file's extension: STARE's labels are P5 files named .ppm.
package netpbm

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"r2unet/datasets/raster"
)

// header holds the fields before the pixels.
type header struct{ width, height, channels, maximum int }

func readHeader(b *bufio.Reader) (h header, err error) {
	var magic [2]byte
	if _, err := io.ReadFull(b, magic[:]); err != nil {
		return h, errors.New("netpbm: the file is empty or cut off in its header")
	}
	switch string(magic[:]) {
	case "P5":
		h.channels = 1
	case "P6":
		h.channels = 3
	default:
		return h, fmt.Errorf("netpbm: the file starts with %q; binary PGM (P5) and PPM (P6) are read", magic[:])
	}
	for _, f := range []struct {
		what string
		to   *int
	}{{"width", &h.width}, {"height", &h.height}, {"maximum", &h.maximum}} {
		if *f.to, err = number(b); err != nil {
			return h, fmt.Errorf("netpbm: read %s: %w", f.what, err)
		}
	}
	if err := raster.CheckSize(h.width, h.height); err != nil {
		return h, fmt.Errorf("netpbm: %w", err)
	}
	if h.maximum < 1 || h.maximum > 65535 {
		return h, fmt.Errorf("netpbm: the header gives a maximum of %d; 1 to 65535 are possible", h.maximum)
	}
	return h, nil
}

// Size reads the width and height in px from the header.
func Size(r io.Reader) (width, height int, err error) {
	h, err := readHeader(bufio.NewReader(r))
	return h.width, h.height, err
}

// Decode reads one picture. Samples with a maximum below 255 (or, with two bytes, below 65535) are scaled up so that
// white is the type's full scale. Memory grows with the pixels that arrive, never with what the header claims.
func Decode(r io.Reader) (*raster.Image, error) {
	b := bufio.NewReader(r)
	h, err := readHeader(b)
	if err != nil {
		return nil, err
	}
	width, height, maximum := h.width, h.height, h.maximum
	m := &raster.Image{Width: width, Height: height, Channels: h.channels, Type: raster.Uint8}
	if maximum > 255 {
		m.Type = raster.Uint16
	}
	want := m.Samples() * m.Type.Bytes()
	data, err := io.ReadAll(io.LimitReader(b, int64(want)))
	if err != nil {
		return nil, fmt.Errorf("netpbm: read pixels: %w", err)
	}
	if len(data) < want {
		return nil, fmt.Errorf("netpbm: %d×%d pixels need %d bytes, but the file ends after %d; it is cut off",
			width, height, want, len(data))
	}
	m.Data = data
	if next, _ := b.Peek(2); len(next) == 2 && next[0] == 'P' && next[1] >= '1' && next[1] <= '7' {
		return nil, errors.New("netpbm: another picture follows the first one, and which one is meant cannot be " +
			"known; save the right one as a file of its own")
	}
	if m.Type == raster.Uint16 {
		for i := 0; i < len(data); i += 2 {
			v := scale(int(data[i])<<8|int(data[i+1]), maximum, 65535)
			data[i], data[i+1] = byte(v), byte(v>>8)
		}
	} else if maximum != 255 {
		for i, v := range data {
			data[i] = byte(scale(int(v), maximum, 255))
		}
	}
	return m, nil
}

func scale(v, from, to int) int { return (min(v, from)*to + from/2) / from }

// maxHeader is the number of bytes allowed before a number: comments can be as long as a file, and gzipped they cost
// nothing.
const maxHeader = 1 << 16

// number reads a decimal number after white space and comments, and the one byte of white space after it.
func number(r io.ByteReader) (int, error) {
	b := &limited{r, maxHeader}
	c, err := b.ReadByte()
	for err == nil && (space(c) || c == '#') {
		if c == '#' {
			for err == nil && c != '\n' && c != '\r' {
				c, err = b.ReadByte()
			}
			continue
		}
		c, err = b.ReadByte()
	}
	v, digits := 0, 0
	for err == nil && c >= '0' && c <= '9' {
		v = v*10 + int(c-'0')
		if digits++; digits > 9 {
			return 0, errors.New("the number in the header is too long")
		}
		c, err = b.ReadByte()
	}
	switch {
	case errors.Is(err, errLong), err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return 0, err
	case err != nil:
		return 0, errors.New("the file is cut off in its header")
	}
	if digits == 0 || !space(c) {
		return 0, fmt.Errorf("found %q where a number should be", c)
	}
	return v, nil
}

var errLong = fmt.Errorf("more than %d bytes of comments precede it", maxHeader)

// limited returns errLong after a number of bytes.
type limited struct {
	io.ByteReader
	left int
}

func (l *limited) ReadByte() (byte, error) {
	if l.left--; l.left < 0 {
		return 0, errLong
	}
	return l.ByteReader.ReadByte()
}

func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// Encode writes an 8-bit picture as P5 if it has one channel and as P6 if it has three. Each comment becomes a line of
// the header. Other pictures are an error.
func Encode(w io.Writer, m *raster.Image, comments ...string) error {
	if m.Type != raster.Uint8 || m.Channels != 1 && m.Channels != 3 {
		return fmt.Errorf("netpbm: cannot write %d channels of %v", m.Channels, m.Type)
	}
	magic := "P5"
	if m.Channels == 3 {
		magic = "P6"
	}
	header := magic + "\n"
	for _, c := range comments {
		header += "# " + c + "\n"
	}
	if _, err := fmt.Fprintf(w, "%s%d %d\n255\n", header, m.Width, m.Height); err != nil {
		return err
	}
	_, err := w.Write(m.Data)
	return err
}
