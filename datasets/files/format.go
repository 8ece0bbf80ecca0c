package files

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"r2unet/datasets/dicom"
	"r2unet/datasets/netpbm"
	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

// format is a supported file format.
type format struct {
	starts func(data []byte) bool
	pages  func(data []byte) (int, error)
	header func(data []byte) (Header, error) // of the first page
	decode func(ctx context.Context, data []byte, page int) (*raster.Image, error)
}

var errFormat = errors.New("this is no TIFF, GIF, PNG, JPEG, BMP, WebP, DICOM, PGM or PPM")

// readable lists the supported formats, recognized by how a file starts.
var readable = []format{
	{
		starts: begins("II", "MM"),
		pages:  tiff.Pages,
		header: func(data []byte) (h Header, err error) {
			h.Width, h.Height, h.Orientation, err = tiff.Size(data, 0)
			return h, err
		},
		decode: tiff.Decode,
	},
	{
		starts: begins("\x1f\x8b"),
		pages:  one,
		header: func(data []byte) (Header, error) {
			r, err := unzip(context.Background(), data)
			if err != nil {
				return Header{}, err
			}
			return netpbmHeader(r)
		},
		decode: func(ctx context.Context, data []byte, _ int) (*raster.Image, error) {
			r, err := unzip(ctx, data)
			if err != nil {
				return nil, err
			}
			return netpbm.Decode(r)
		},
	},
	{
		starts: isNetpbm,
		pages:  one,
		header: func(data []byte) (Header, error) { return netpbmHeader(bytes.NewReader(data)) },
		decode: func(ctx context.Context, data []byte, _ int) (*raster.Image, error) {
			return netpbm.Decode(newReader(ctx, data))
		},
	},
	{
		starts: func(data []byte) bool { return len(data) >= 132 && string(data[128:132]) == "DICM" },
		pages:  dicom.Pages,
		header: func(data []byte) (h Header, err error) {
			h.Width, h.Height, err = dicom.Size(data)
			h.Orientation = 1
			return h, err
		},
		decode: dicom.Decode,
	},
	standard("png", examinePNG, begins("\x89PNG\r\n\x1a\n")),
	standard("gif", examineGIF, begins("GIF87a", "GIF89a")),
	standard("jpeg", examineJPEG, begins("\xff\xd8\xff")),
	standard("bmp", examineBMP, func(data []byte) bool { return begins("BM")(data) && len(data) >= 30 }),
	standard("webp", examineWebP, func(data []byte) bool {
		return begins("RIFF")(data) && len(data) >= 16 && string(data[8:12]) == "WEBP"
	}),
}

func begins(magics ...string) func([]byte) bool {
	return func(data []byte) bool {
		for _, m := range magics {
			if bytes.HasPrefix(data, []byte(m)) {
				return true
			}
		}
		return false
	}
}

// sniff returns the format of a file, or an error that names what the file is instead.
func sniff(data []byte) (*format, error) {
	for i := range readable {
		if readable[i].starts(data) {
			return &readable[i], nil
		}
	}
	return nil, foreign(data)
}

// one is the pages function of formats that hold a single picture.
func one([]byte) (int, error) { return 1, nil }

func netpbmHeader(r io.Reader) (h Header, err error) {
	h.Width, h.Height, err = netpbm.Size(r)
	h.Orientation = 1
	return h, err
}

func isNetpbm(data []byte) bool {
	return len(data) > 1 && data[0] == 'P' && data[1] >= '1' && data[1] <= '7'
}

// unzip opens a gzipped netpbm picture, the only kind of gzipped picture in the datasets.
func unzip(ctx context.Context, data []byte) (io.Reader, error) {
	z, err := gzip.NewReader(newReader(ctx, data))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	r := bufio.NewReader(z)
	if head, err := r.Peek(512); len(head) > 0 && !isNetpbm(head) {
		return nil, fmt.Errorf("the gzipped file inside: %w", foreign(head))
	} else if len(head) == 0 {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return r, nil
}
