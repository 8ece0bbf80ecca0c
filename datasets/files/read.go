package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"r2unet/datasets/raster"
)

// MaxBytes is the largest file that is read.
const MaxBytes = 1 << 30

// Bytes reads a whole file. An error names the file.
func Bytes(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait for somebody to write into it
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is not a regular file")}
	case info.Size() == 0:
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("the file is empty")}
	case info.Size() > MaxBytes:
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("the file has %d bytes, more than any image of these datasets", info.Size())}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return data, nil
}

// Picture reads a file and decodes it as Decode does. An error names the file.
func Picture(ctx context.Context, path string) (*raster.Image, error) {
	data, err := Bytes(path)
	if err != nil {
		return nil, err
	}
	m, err := Decode(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	return m, nil
}

// Decode decodes the content of a file that holds one picture, as a viewer shows it: turned by its orientation tag. The format is told by
// the content: TIFF, GIF, PNG, JPEG, BMP, WebP and DICOM, and PGM and PPM, also gzipped. A file of several pictures is an error, see DecodePage, as are
// samples that are no finite numbers. Decoding stops with the context's error when that ends.
func Decode(ctx context.Context, data []byte) (*raster.Image, error) {
	if err := single(data); err != nil {
		return nil, err
	}
	return DecodePage(ctx, data, 0)
}

// Pages is the number of pictures in a file that DecodePage can decode: 1 but for a TIFF of several pages or a DICOM file of several frames. A moving picture, of which
// nobody can say which frame is meant, is an error.
func Pages(data []byte) (int, error) {
	f, err := sniff(data)
	if err != nil {
		return 0, err
	}
	return f.pages(data)
}

// DecodePage decodes one picture of a file, counted from 0, see Decode and Pages.
func DecodePage(ctx context.Context, data []byte, page int) (*raster.Image, error) {
	f, err := sniff(data)
	if err != nil {
		return nil, err
	}
	m, err := f.decode(ctx, data, page)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err() // not what a decoder makes of it
	case err != nil:
		return nil, err
	}
	return m, finite(m)
}

// single refuses files of several pictures.
func single(data []byte) error {
	pages, err := Pages(data)
	if err == nil && pages > 1 {
		err = fmt.Errorf("the file has %d pages, and which one is meant cannot be known; save the right one as a file of its own", pages)
	}
	return err
}

// finite refuses NaN and infinite numbers, from which nothing can be learned.
func finite(m *raster.Image) error {
	if m.Type != raster.Float32 {
		return nil
	}
	for i := range m.Samples() {
		if v := m.At(i); math.IsNaN(v) || math.IsInf(v, 0) {
			at := i / m.Channels
			return fmt.Errorf("the picture holds %g at column %d, row %d; replace what is no finite number, by -1000 in CT numbers for example", v, at%m.Width, at/m.Width)
		}
	}
	return nil
}

// Header is what a file says about its picture before it is decoded.
type Header struct {
	Width, Height int // px, as the picture is shown
	Orientation   int // of the stored pixels, see raster.Image.Orient; 1 where nothing is to be turned
}

// ReadHeader reads the header of a file's only picture; data is the file's content. What Decode refuses by the header is refused here. An
// error names the file.
func ReadHeader(path string, data []byte) (Header, error) {
	err := single(data)
	var h Header
	if err == nil {
		var f *format
		if f, err = sniff(data); err == nil {
			h, err = f.header(data)
		}
	}
	if err != nil {
		return Header{}, fmt.Errorf("decode %s: %w", path, err)
	}
	return h, nil
}

// Turned is what an error about sizes says of a picture that its orientation turns by a quarter; nothing for others.
func Turned(orientation int) string {
	if orientation < 5 {
		return ""
	}
	return " once its orientation tag has turned it, as viewers show it; the label must be drawn on the turned picture"
}

// reader gives a file's content in small pieces for as long as a context lives, so that decoders end soon after it.
type reader struct {
	ctx context.Context
	r   io.Reader
}

// piece is small because a JPEG's kilobyte can hold the work of a second.
const piece = 512

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p[:min(len(p), piece)])
}

// newReader reads data, after what else the decoder should see first.
func newReader(ctx context.Context, data []byte, first ...[]byte) io.Reader {
	parts := make([]io.Reader, 0, 2)
	for _, p := range first {
		parts = append(parts, bytes.NewReader(p))
	}
	return &reader{ctx, io.MultiReader(append(parts, bytes.NewReader(data))...)}
}
