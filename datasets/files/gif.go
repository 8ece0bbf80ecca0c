package files

import (
	"image"
	"image/color"

	"r2unet/datasets/raster"
)

// examineGIF walks through the blocks and counts frames. It leaves errors in damaged files to the decoder.
func examineGIF(data []byte) (facts, error) {
	f := facts{orientation: 1, bits: 8, expansion: raster.ExpansionLZW}
	if len(data) < 13 {
		return f, nil
	}
	frames := 0
	transparent := -1 // the first frame's transparent palette index
	at, palette := gifColors(data, 13, data[10])
blocks:
	for at < len(data) {
		switch kind := data[at]; kind {
		case 0x21: // an extension
			if frames == 0 && len(data)-at > 7 && data[at+1] == 0xf9 && data[at+2] == 4 {
				transparent = -1
				if data[at+3]&1 != 0 {
					transparent = int(data[at+6])
				}
			}
			at = gifSkip(data, at+2)
		case 0x2c: // a frame
			if len(data)-at < 11 {
				break blocks
			}
			frames++
			end, local := gifColors(data, at+10, data[at+9])
			if frames == 1 {
				if local != nil {
					palette = local
				}
				f.fix = gifTransparency(palette, transparent)
			}
			at = gifSkip(data, end+1) // after the code size
		default:
			break blocks
		}
	}
	if frames > 1 {
		return f, moving(frames)
	}
	return f, nil
}

// gifColors returns the palette that starts at a position, nil if flags says that there is none, and where it ends.
func gifColors(data []byte, at int, flags byte) (end int, palette []byte) {
	if flags&0x80 == 0 {
		return at, nil
	}
	end = at + 3<<(flags&7+1)
	if end > len(data) {
		return len(data), nil
	}
	return end, data[at:end]
}

// gifSkip skips a chain of sub-blocks.
func gifSkip(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}

// gifTransparency restores the colour of transparent pixels, which Go's decoder makes black: a label's structure may
// be drawn in it.
func gifTransparency(palette []byte, index int) func(image.Image) image.Image {
	if index < 0 || 3*index+3 > len(palette) {
		return nil
	}
	return func(img image.Image) image.Image {
		if p, ok := img.(*image.Paletted); ok && index < len(p.Palette) {
			p.Palette[index] = color.NRGBA{R: palette[3*index], G: palette[3*index+1], B: palette[3*index+2]}
		}
		return img
	}
}
