package files

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // the labels and masks of DRIVE
	_ "image/jpeg" // the images of CHASE_DB1 and ISIC
	_ "image/png"  // the labels of CHASE_DB1 and ISIC
	"io"
	"io/fs"
	"os"

	"r2unet/datasets/netpbm"
	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
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

// Picture reads and decodes a file. The format is told by the content: TIFF, GIF, PNG, JPEG, PGM, PPM, and the last two gzipped. An
// error names the file.
func Picture(path string) (*raster.Image, error) {
	data, err := Bytes(path)
	if err != nil {
		return nil, err
	}
	m, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	return m, nil
}

var errFormat = errors.New("this is no TIFF, GIF, PNG, JPEG, PGM or PPM")

// Kinds of content that are not read by the standard library.
const (
	kindOther = iota
	kindTIFF
	kindGzip
	kindNetpbm
)

func kind(data []byte) int {
	switch {
	case bytes.HasPrefix(data, []byte("II")), bytes.HasPrefix(data, []byte("MM")):
		return kindTIFF
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return kindGzip
	case len(data) > 1 && data[0] == 'P' && data[1] >= '1' && data[1] <= '7':
		return kindNetpbm
	}
	return kindOther
}

// Decode decodes the content of a file, see Picture.
func Decode(data []byte) (*raster.Image, error) {
	switch kind(data) {
	case kindTIFF:
		return tiff.Decode(data)
	case kindGzip:
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return netpbm.Decode(z)
	case kindNetpbm:
		return netpbm.Decode(bytes.NewReader(data))
	}
	width, height, err := size(data)
	if err != nil {
		return nil, err
	}
	img, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w; the file is damaged or cut off", format, err)
	}
	if got := img.Bounds().Size(); got != image.Pt(width, height) {
		return nil, fmt.Errorf("%s: the first frame has %d×%d of the picture's %d×%d pixels", format, got.X, got.Y, width, height)
	}
	return raster.FromImage(img), nil
}

// Size reads a picture's width and height from its header; data is the file's content. An error names the file.
func Size(path string, data []byte) (width, height int, err error) {
	width, height, err = size(data)
	if err != nil {
		return 0, 0, fmt.Errorf("decode %s: %w", path, err)
	}
	return width, height, nil
}

func size(data []byte) (width, height int, err error) {
	switch kind(data) {
	case kindTIFF:
		return tiff.Size(data)
	case kindGzip:
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return 0, 0, err
		}
		defer z.Close()
		return netpbm.Size(z)
	case kindNetpbm:
		return netpbm.Size(bytes.NewReader(data))
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, image.ErrFormat) {
		return 0, 0, errFormat
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s header: %w", format, err)
	}
	bits, expansion := density(format, data)
	if err := raster.CheckClaim(config.Width, config.Height, bits, len(data), expansion); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", format, err)
	}
	return config.Width, config.Height, nil
}

// density is how many bits a pixel has and how many bytes one of the file can become, in a format of the standard library whose
// header is sound.
func density(format string, data []byte) (bits, expansion int) {
	switch format {
	case "png": // the header's ninth and tenth byte, behind signature, length, name, width and height, are bits a sample and kind of colour
		samples := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[data[25]]
		return int(data[24]) * samples, raster.ExpansionDeflate
	case "gif":
		return 8, raster.ExpansionLZW
	default:
		return 8, raster.ExpansionJPEG
	}
}
