package files

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the labels and masks of DRIVE
	"image/jpeg"  // the images of CHASE_DB1 and ISIC
	"image/png"   // the labels of CHASE_DB1 and ISIC

	"golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"

	"r2unet/datasets/raster"
)

// facts is what a picture of a format that Go's decoders read says beside its pixels.
type facts struct {
	orientation     int
	bits, expansion int                           // bits a pixel, and how many bytes one of the file can become
	free            int                           // pixels that a file of any size may have, where a format writes pictures of one colour into nothing
	insert          []byte                        // what a decoder has to see behind the first two bytes
	fix             func(image.Image) image.Image // what a decoder has got wrong; nil = nothing
}

// standard is a format of Go's decoders. examine looks at the file before a decoder does, and refuses what a decoder would drop in silence
// or take too long for.
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
				return nil, fmt.Errorf("%s: the first frame has %d×%d of the picture's %d×%d pixels", name, got.X, got.Y, w, h)
			}
			return raster.FromImage(img).Orient(f.orientation), nil
		},
	}
}

// explain tells kinds that are not read from files that are broken.
func explain(err error) error {
	var noJPEG jpeg.UnsupportedError
	var noPNG png.UnsupportedError
	if errors.As(err, &noJPEG) || errors.As(err, &noPNG) || errors.Is(err, bmp.ErrUnsupported) {
		return fmt.Errorf("%w; this kind is not read, save it as an ordinary PNG", err)
	}
	return fmt.Errorf("%w; the file is damaged or cut off", err)
}

// examinePNG walks through the chunks. The header's ninth and tenth byte, behind signature, length and name of the chunk, width and height,
// are bits a sample and kind of colour.
func examinePNG(data []byte) (facts, error) {
	f := facts{orientation: 1, expansion: raster.ExpansionDeflate, bits: 1}
	const header = 8
	if len(data) > header+17 {
		f.bits = max(1, int(data[24])*map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[data[25]])
	}
	for at := header; len(data)-at >= 12; {
		n := int(be.Uint32(data[at:]))
		if n > len(data)-at-12 {
			break // the decoder says what is cut off
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

// moving refuses a picture of several frames.
func moving(frames int) error {
	return fmt.Errorf("this is a moving picture of %d frames, and which one is meant cannot be known; save the right one as a file of its own", frames)
}

// examineBMP takes the bits a pixel from the header; pixels are stored as they are.
func examineBMP(data []byte) (facts, error) {
	bits := int(data[28]) | int(data[29])<<8
	return facts{orientation: 1, bits: min(max(bits, 1), 64), expansion: raster.ExpansionNone}, nil
}
