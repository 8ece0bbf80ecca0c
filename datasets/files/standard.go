package files

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // labels and masks of DRIVE
	"image/jpeg"  // images of CHASE_DB1 and ISIC
	"image/png"

	"r2unet/datasets/raster"

	// labels of CHASE_DB1 and ISIC

	"golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

// facts is what the examination of a file of Go's formats finds, beside the header.
type facts struct {
	orientation int
	// bits a pixel, and the number of bytes that one byte of the file can become.
	bits, expansion int
	// free is the number of pixels that a file of any size may have, in formats where one colour takes no space.
	free   int
	insert []byte                        // what the decoder has to see after the first two bytes
	fix    func(image.Image) image.Image // corrects what the decoder gets wrong; nil = nothing
}

// standard is a format of Go's decoders. examine looks at the file first and rejects what the decoder would silently
// drop or take too long for.
func standard(name string, examine func([]byte) (facts, error), starts func([]byte) bool) format {
	look := func(data []byte) (Header, facts, error) {
		f, err := examine(data)
		if err != nil {
			return Header{}, f, fmt.Errorf("%s: %w", name, err)
		}
		config, _, err := image.DecodeConfig(newReader(context.Background(), data[2:], data[:2], f.insert))
		if err != nil {
			return Header{}, f, fmt.Errorf("%s header: %w", name, explain(err))
		}
		if config.Width*config.Height > f.free || raster.CheckSize(config.Width, config.Height) != nil {
			if err := raster.CheckClaim(config.Width, config.Height, f.bits, len(data), f.expansion); err != nil {
				return Header{}, f, fmt.Errorf("%s: %w", name, err)
			}
		}
		h := Header{Orientation: f.orientation}
		h.Width, h.Height = raster.Oriented(config.Width, config.Height, f.orientation)
		return h, f, nil
	}
	return format{
		starts: starts,
		pages: func(data []byte) (int, error) {
			if _, err := examine(data); err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
			return 1, nil
		},
		header: func(data []byte) (Header, error) {
			h, _, err := look(data)
			return h, err
		},
		decode: func(ctx context.Context, data []byte, _ int) (*raster.Image, error) {
			h, f, err := look(data)
			if err != nil {
				return nil, err
			}
			img, _, err := image.Decode(newReader(ctx, data[2:], data[:2], f.insert))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, explain(err))
			}
			if f.fix != nil {
				img = f.fix(img)
			}
			got := img.Bounds().Size()
			if w, h := raster.Oriented(h.Width, h.Height, f.orientation); got != image.Pt(w, h) {
				return nil, fmt.Errorf("%s: the first frame has %d×%d of the picture's %d×%d pixels",
					name, got.X, got.Y, w, h)
			}
			return raster.FromImage(img).Orient(f.orientation), nil
		},
	}
}

// explain distinguishes unsupported kinds of a format from damaged files.
func explain(err error) error {
	var noJPEG jpeg.UnsupportedError
	var noPNG png.UnsupportedError
	if errors.As(err, &noJPEG) || errors.As(err, &noPNG) || errors.Is(err, bmp.ErrUnsupported) {
		return fmt.Errorf("%w; this kind is not read, save it as an ordinary PNG", err)
	}
	return fmt.Errorf("%w; the file is damaged or cut off", err)
}

// examinePNG walks through the chunks. Bytes 9 and 10 of the header, after signature, length and name of the chunk,
// width and height, are the bits of a sample and the colour type.
func examinePNG(data []byte) (facts, error) {
	f := facts{orientation: 1, expansion: raster.ExpansionDeflate, bits: 1}
	const header = 8
	if len(data) > header+17 {
		// The decoder takes what it cannot count for a kind that it does not read.
		if err := raster.CheckSize(int(be.Uint32(data[16:])), int(be.Uint32(data[20:]))); err != nil {
			return f, err
		}
		f.bits = max(1, int(data[24])*map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[data[25]])
	}
	for at := header; len(data)-at >= 12; {
		n := int(be.Uint32(data[at:]))
		if n > len(data)-at-12 {
			break // the decoder reports what is cut off
		}
		body := data[at+8 : at+8+n]
		switch string(data[at+4 : at+8]) {
		case "acTL":
			if n >= 4 && be.Uint32(body) > 1 {
				return f, moving(int(be.Uint32(body)))
			}
		case "eXIf":
			f.orientation = exifOrientation(body)
		}
		at += 12 + n
	}
	return f, nil
}

// moving returns the error for an animation.
func moving(frames int) error {
	return fmt.Errorf("this is a moving picture of %d frames, and which one is meant cannot be known; "+
		"save the right one as a file of its own", frames)
}

// examineBMP reads the bits per pixel from the header. Pixels are not compressed.
func examineBMP(data []byte) (facts, error) {
	bits := int(data[28]) | int(data[29])<<8
	return facts{orientation: 1, bits: min(max(bits, 1), 64), expansion: raster.ExpansionNone}, nil
}
