package files

import (
	"bytes"
	"image"
	"image/color"

	"r2unet/datasets/raster"
)

// webpMoving is the animation flag of the extended header.
const webpMoving = 1 << 1

// webpFree is the number of pixels that even the smallest WebP file may have, because one colour takes a few bytes at
// any size.
const webpFree = 1 << 22

// examineWebP walks through the chunks.
func examineWebP(data []byte) (facts, error) {
	f := facts{orientation: 1, bits: 32, expansion: raster.ExpansionLZW, free: webpFree}
	for at := 12; len(data)-at >= 8; {
		n := int(le.Uint32(data[at+4:]))
		if n > len(data)-at-8 {
			break
		}
		body := data[at+8 : at+8+n]
		switch string(data[at : at+4]) {
		case "VP8X":
			if n > 0 && body[0]&webpMoving != 0 {
				return f, moving(bytes.Count(data, []byte("ANMF")))
			}
		case "VP8 ":
			f.fix = fromVideo
		case "EXIF":
			f.orientation = exifOrientation(body)
		}
		at += 8 + n + n%2
	}
	return f, nil
}

// fromVideo converts the samples of a lossy WebP to colours. They have the range of video, where black is 16 and white
// is 235 (Rec. 601), but Go's decoder returns them as JPEG's, where these are 0 and 255. The integers are libwebp's.
func fromVideo(img image.Image) image.Image {
	alpha := func(x, y int) uint8 { return 255 }
	m, ok := img.(*image.YCbCr)
	if a, withAlpha := img.(*image.NYCbCrA); withAlpha {
		m, ok = &a.YCbCr, true
		alpha = func(x, y int) uint8 { return a.A[a.AOffset(x, y)] }
	}
	if !ok {
		return img
	}
	out := image.NewNRGBA(m.Rect)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			l, c := m.YOffset(x, y), m.COffset(x, y)
			level, blue, red := int(m.Y[l])*19077>>8, int(m.Cb[c]), int(m.Cr[c])
			out.SetNRGBA(x, y, color.NRGBA{
				R: clip(level + red*26149>>8 - 14234),
				G: clip(level - blue*6419>>8 - red*13320>>8 + 8708),
				B: clip(level + blue*33050>>8 - 17685),
				A: alpha(x, y),
			})
		}
	}
	return out
}

// clip rounds 64ths of a level.
func clip(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
