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

// MaxBytes is the size of the largest file that is read.
const MaxBytes = 1 << 30

// Bytes reads a whole file. Errors name the file.
func Bytes(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening, because opening a pipe waits for a writer
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is not a regular file")}
	case info.Size() == 0:
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("the file is empty")}
	case info.Size() > MaxBytes:
		return nil, &fs.PathError{
			Op: "read", Path: path,
			Err: fmt.Errorf("the file has %d bytes, more than any image of these datasets", info.Size()),
		}
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

// Picture reads and decodes a file, see Decode. Errors name the file.
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

// Decode decodes the content of a file with a single picture, turned by its orientation tag as a viewer shows it. The
// format is recognized by the content: TIFF, GIF, PNG, JPEG, BMP, WebP, DICOM, and PGM and PPM, also gzipped. Files
// with several pictures (see DecodePage) and samples that are not finite are errors. Decode returns the context's
// error when it ends.
func Decode(ctx context.Context, data []byte) (*raster.Image, error) {
	if err := single(data); err != nil {
		return nil, err
	}
	return DecodePage(ctx, data, 0)
}

// Pages returns the number of pictures in a file that DecodePage can decode: 1 except for a TIFF with several pages or
// a DICOM file with several frames. An animation is an error, because it is not clear which frame is meant.
func Pages(data []byte) (int, error) {
	f, err := sniff(data)
	if err != nil {
		return 0, err
	}
	return f.pages(data)
}

// DecodePage decodes one picture of a file, counted from 0. See Decode and Pages.
func DecodePage(ctx context.Context, data []byte, page int) (*raster.Image, error) {
	f, err := sniff(data)
	if err != nil {
		return nil, err
	}
	m, err := f.decode(ctx, data, page)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err() // rather than what a decoder makes of it
	case err != nil:
		return nil, err
	}
	return m, finite(m)
}

// single returns an error for files with several pictures.
func single(data []byte) error {
	pages, err := Pages(data)
	if err == nil && pages > 1 {
		err = fmt.Errorf("the file has %d pages, and which one is meant cannot be known; "+
			"save the right one as a file of its own", pages)
	}
	return err
}

// finite returns an error if a sample is NaN or infinite.
func finite(m *raster.Image) error {
	if m.Type != raster.Float32 {
		return nil
	}
	for i := range m.Samples() {
		if v := m.At(i); math.IsNaN(v) || math.IsInf(v, 0) {
			at := i / m.Channels
			return fmt.Errorf("the picture holds %g at column %d, row %d; "+
				"replace what is no finite number, by -1000 in CT numbers for example", v, at%m.Width, at/m.Width)
		}
	}
	return nil
}

// Header is the information available before decoding.
type Header struct {
	Width, Height int // px, after turning by the orientation
	Orientation   int // of the stored pixels, see raster.Image.Orient; 1 = as stored
}

// ReadHeader reads the header of a file's only picture. data is the file's content. It returns the errors of Decode
// that can be seen in the header. Errors name the file.
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

// Turned returns what an error about sizes adds for a picture turned by a quarter; "" for others.
func Turned(orientation int) string {
	if orientation < 5 {
		return ""
	}
	return " once its orientation tag has turned it, as viewers show it; the label must be drawn on the turned picture"
}

// reader returns a file's content in small pieces until its context ends, so that decoders stop soon after.
type reader struct {
	ctx context.Context
	r   io.Reader
}

// piece is small because a kilobyte of JPEG can take a second to decode.
const piece = 512

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p[:min(len(p), piece)])
}

// newReader reads first, what the decoder should see before the data, and then data.
func newReader(ctx context.Context, data []byte, first ...[]byte) io.Reader {
	parts := make([]io.Reader, 0, 2)
	for _, p := range first {
		parts = append(parts, bytes.NewReader(p))
	}
	return &reader{ctx, io.MultiReader(append(parts, bytes.NewReader(data))...)}
}
