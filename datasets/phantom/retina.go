package phantom

import (
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"

	"r2unet/datasets/netpbm"
	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
)

// The three cameras. DRIVE's field has a diameter of 540 px (here 537.5, as in its masks); STARE's extends beyond the
// upper and lower border.
var (
	driveCamera = camera{565, 584, 268.75, [3]float64{0.62, 0.33, 0.17}, 0.014}
	stareCamera = camera{700, 605, 326, [3]float64{0.68, 0.42, 0.14}, 0.018}
	chaseCamera = camera{999, 960, 459, [3]float64{0.58, 0.24, 0.08}, 0.010}
)

var (
	blackWhite = color.Palette{color.Gray{0}, color.Gray{255}}
	drivePair  = color.Palette{color.RGBA{4, 2, 4, 255}, color.RGBA{252, 254, 252, 255}} // of DRIVE's second observer
)

// DRIVE draws the phantom of DRIVE into a folder.
func DRIVE(ctx context.Context, dir string, o Options) error {
	return Draw(ctx, "DRIVE", dir, o, planDRIVE)
}

// planDRIVE writes training/ (first observer) and test/ (both), half of the images each: TIFF with LZW and 4 rows per
// strip, GIF labels and masks.
func planDRIVE(o Options) []Job {
	images := o.Images
	if images == 0 {
		images = 40
	}
	tests := images / 2
	var jobs []Job
	for i := range images {
		number, part := i+1, "test"
		if i >= tests {
			number, part = 20+i-tests+1, "training"
		}
		jobs = append(jobs, func(dir string, r *rand.Rand) error {
			f := driveCamera.shrunk(o.Shrink).drawFundus(r)
			at := func(folder, format string) string {
				return filepath.Join(dir, part, folder, fmt.Sprintf(format, number, part))
			}
			if err := write(at("images", "%02d_%s.tif"), func(o *os.File) error {
				return tiff.Encode(o, f.image, tiff.Options{LZW: true, RowsPerStrip: 4})
			}); err != nil {
				return err
			}
			if err := f.writeGIF(at("mask", "%02d_%s_mask.gif"), f.fov, blackWhite); err != nil {
				return err
			}
			if part == "test" {
				if err := f.writeGIF(at("2nd_manual", "%02d_manual2.gif%.0s"), f.second, drivePair); err != nil {
					return err
				}
			}
			return f.writeGIF(at("1st_manual", "%02d_manual1.gif%.0s"), f.truth, blackWhite)
		})
	}
	return jobs
}

// stareNumbers are the numbers of the official twenty images.
var stareNumbers = []int{1, 2, 3, 4, 5, 44, 77, 81, 82, 139, 162, 163, 235, 236, 239, 240, 255, 291, 319, 324}

// STARE draws the phantom of STARE into a folder.
func STARE(ctx context.Context, dir string, o Options) error {
	return Draw(ctx, "STARE", dir, o, planSTARE)
}

// planSTARE writes gzipped PPM images, and labels that are P5 files named .ppm, some with comments in their headers.
func planSTARE(o Options) []Job {
	images := o.Images
	if images == 0 {
		images = len(stareNumbers)
	}
	var jobs []Job
	for i := range images {
		number := i + 400
		if i < len(stareNumbers) {
			number = stareNumbers[i]
		}
		comments := [][]string{nil, {"CREATOR: phantom"}, {"CREATOR: phantom", "drawn, not measured"}}[i%3]
		jobs = append(jobs, func(dir string, r *rand.Rand) error {
			f := stareCamera.shrunk(o.Shrink).drawFundus(r)
			name := fmt.Sprintf("im%04d", number)
			return firstError(
				func() error { return writePPM(filepath.Join(dir, "stare-images", name+".ppm.gz"), f.image, nil) },
				func() error {
					return writePPM(filepath.Join(dir, "labels-ah", name+".ah.ppm.gz"), f.label(f.truth), comments)
				},
				func() error {
					return writePPM(filepath.Join(dir, "labels-vk", name+".vk.ppm.gz"), f.label(f.second), comments)
				},
			)
		})
	}
	return jobs
}

// CHASE draws the phantom of CHASE_DB1 into a folder.
func CHASE(ctx context.Context, dir string, o Options) error {
	return Draw(ctx, "CHASE_DB1", dir, o, planCHASE)
}

// planCHASE writes the flat layout: JPEG images, 1-bit PNG labels of both observers, both eyes of each child.
func planCHASE(o Options) []Job {
	images := o.Images
	if images == 0 {
		images = 28
	}
	var jobs []Job
	for i := range images {
		name := fmt.Sprintf("Image_%02d%c", i/2+1, "LR"[i%2])
		jobs = append(jobs, func(dir string, r *rand.Rand) error {
			f := chaseCamera.shrunk(o.Shrink).drawFundus(r)
			return firstError(
				func() error { return writeJPEG(filepath.Join(dir, name+".jpg"), f.image) },
				func() error {
					return WritePNG(filepath.Join(dir, name+"_1stHO.png"), f.paletted(f.truth, blackWhite))
				},
				func() error {
					return WritePNG(filepath.Join(dir, name+"_2ndHO.png"), f.paletted(f.second, blackWhite))
				},
			)
		})
	}
	return jobs
}

// shrunk returns the camera with fewer pixels.
func (c camera) shrunk(by int) camera {
	c.w, c.h, c.radius = c.w/by, c.h/by, c.radius/float64(by)
	return c
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (f fundus) paletted(mask []uint8, p color.Palette) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, f.image.Width, f.image.Height), p)
	copy(m.Pix, mask)
	return m
}

func (f fundus) label(mask []uint8) *raster.Image {
	m := raster.New(f.image.Width, f.image.Height, 1, raster.Uint8)
	for i, v := range mask {
		m.Data[i] = 255 * v
	}
	return m
}

func (f fundus) writeGIF(path string, mask []uint8, p color.Palette) error {
	return write(path, func(o *os.File) error { return gif.Encode(o, f.paletted(mask, p), nil) })
}

func writePPM(path string, m *raster.Image, comments []string) error {
	return write(path, func(o *os.File) error {
		z := gzip.NewWriter(o)
		if err := netpbm.Encode(z, m, comments...); err != nil {
			return err
		}
		return z.Close()
	})
}

func writeJPEG(path string, m *raster.Image) error {
	rgba := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i := range m.Width * m.Height {
		copy(rgba.Pix[4*i:], m.Data[3*i:3*i+3])
		rgba.Pix[4*i+3] = 255
	}
	return write(path, func(o *os.File) error { return jpeg.Encode(o, rgba, &jpeg.Options{Quality: 92}) })
}

// WritePNG writes a picture as PNG and creates the folders above it.
func WritePNG(path string, m image.Image) error {
	return write(path, func(o *os.File) error { return png.Encode(o, m) })
}
