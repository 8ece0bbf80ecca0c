// Package segment applies a trained network to a folder of images.
package segment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"r2unet/datasets/files"
	"r2unet/datasets/preprocess"
	"r2unet/experiments/inference"
	"r2unet/experiments/training"
	"r2unet/internal/cli"
	"r2unet/internal/device"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// Options are what a user chooses.
type Options struct {
	Checkpoint string  // a checkpoint, or the folder of a run that has one
	Images     string  // an image, or a folder that is searched for images
	Out        string  // folder for masks and probabilities
	Threshold  float64 // a pixel is foreground where its probability is at least this
	Stride     int     // px; overlapping patches of Patch px are averaged; 0 = whole images
	Patch      int     // px; 0 = the size that the network was trained on

	Device device.Device
	Stdout io.Writer
	FS     durable.FS
}

// Failed says how many images could not be segmented; the others are done.
type Failed struct{ Failed, Total int }

func (f *Failed) Error() string {
	return fmt.Sprintf("%d of %d images could not be segmented; the others are done", f.Failed, f.Total)
}

// BadInput wraps what is wrong with the options or the checkpoint.
type BadInput = cli.InputError

// Run segments every image and writes NAME_probability.png and NAME_mask.png into the same place below the results folder. An image
// that is broken is reported and the rest is done: the error is then *Failed. *BadInput means that nothing could be begun.
func Run(ctx context.Context, o Options) error {
	s, err := begin(o)
	if err != nil {
		return &BadInput{Err: err}
	}
	failed := 0
	for i, path := range s.paths {
		start := time.Now()
		err := s.segment(ctx, path)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			failed++
			s.say(i, "%s: failed: %v", path, err)
		default:
			s.say(i, "%s: %s", path, time.Since(start).Round(time.Millisecond))
		}
	}
	if failed > 0 {
		return &Failed{failed, len(s.paths)}
	}
	return nil
}

// say writes a line about the i-th path.
func (s *segmenter) say(i int, format string, about ...any) {
	s.line(fmt.Sprintf("[%d/%d] ", i+1, len(s.paths)) + fmt.Sprintf(format, about...))
}

// warn says why the result of an image is doubtful.
func (s *segmenter) warn(path, why string) { s.line("warning: " + path + " " + why) }

// line writes a line. Names of files may hold anything, line breaks and a terminal's commands included.
func (s *segmenter) line(line string) {
	if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
		line = strings.Trim(strconv.Quote(line), `"`)
	}
	fmt.Fprintln(s.Stdout, line)
}

// segmenter is a network ready to be applied.
type segmenter struct {
	Options
	trained training.Trained
	net     *model.Model
	images
}

// begin reads the checkpoint, builds the network, and finds the images.
func begin(o Options) (*segmenter, error) {
	if !(o.Threshold > 0 && o.Threshold <= 1) {
		return nil, fmt.Errorf("-threshold %g: must be above 0 and at most 1", o.Threshold)
	}
	if o.Stride < 0 || o.Patch < 0 {
		return nil, fmt.Errorf("-stride %d -patch %d: must not be negative", o.Stride, o.Patch)
	}
	if info, err := os.Stat(o.Checkpoint); err == nil && info.IsDir() {
		o.Checkpoint = filepath.Join(o.Checkpoint, training.CheckpointFile)
	}
	trained, err := training.ReadTrained(o.Checkpoint)
	if err != nil {
		return nil, err
	}
	if err := trained.Recipe.Check(); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", o.Checkpoint, err)
	}
	s := &segmenter{Options: o, trained: trained}
	if s.Patch == 0 {
		s.Patch = trained.Config.Dataset.Patch
	}
	if o.Stride > 0 && (s.Patch == 0 || o.Stride > s.Patch) {
		return nil, fmt.Errorf("-stride %d: must be at most the patch of %d px; -patch sets another", o.Stride, s.Patch)
	}
	if s.images, err = findImages(o.Images, o.Out); err != nil {
		return nil, err
	}
	s.net, err = model.New(model.Config{Arch: trained.Config.Architecture, InChannels: trained.Channels()}, o.Device)
	if err == nil {
		err = s.net.Restore(trained.Tensors)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", o.Checkpoint, err)
	}
	return s, nil
}

// segment does one image.
func (s *segmenter) segment(ctx context.Context, path string) error {
	if why := s.broken[path]; why != "" {
		return errors.New(why)
	}
	sample, err := s.trained.Recipe.Read(ctx, filepath.Join(s.root, filepath.FromSlash(path)))
	if err != nil {
		return err
	}
	if sample.Doubt != "" {
		s.warn(path, sample.Doubt)
	}
	probabilities := make([]float32, sample.Width*sample.Height)
	if s.Stride > 0 {
		windows := inference.Windows{Side: s.Patch, Stride: s.Stride, Batch: 32}
		err = windows.Predict(ctx, s.net, probabilities, sample.Image, sample.Channels, sample.Height, sample.Width)
	} else {
		err = s.net.Predict(ctx, probabilities, sample.Image, 1, sample.Height, sample.Width)
	}
	if err != nil {
		return err
	}
	fov, width, height := sample.FOV, sample.Width, sample.Height
	if s.trained.Recipe.Size > 0 {
		if width, height, err = nativeSize(filepath.Join(s.root, filepath.FromSlash(path))); err != nil {
			return err
		}
		planes := &preprocess.Planes{Width: sample.Width, Height: sample.Height, Channels: 1, Pixels: probabilities}
		probabilities = planes.Resize(width, height).Pixels
		if fov != nil {
			fov = preprocess.ResizeMask(fov, sample.Width, sample.Height, width, height)
		}
	}
	return s.write(s.names[path], probabilities, fov, width, height)
}

// nativeSize is an image's own size, px: results have it, also where the network sees a resized image.
func nativeSize(path string) (width, height int, err error) {
	data, err := files.Bytes(path)
	if err != nil {
		return 0, 0, err
	}
	h, err := files.ReadHeader(path, data)
	return h.Width, h.Height, err
}

// write draws the results of an image. Outside of the field of view nothing is foreground.
func (s *segmenter) write(name string, probabilities []float32, fov []uint8, width, height int) error {
	mask := make([]uint8, len(probabilities))
	for i, p := range probabilities {
		if float64(p) >= s.Threshold && (fov == nil || fov[i] != 0) {
			mask[i] = 1
		}
	}
	base := filepath.Join(s.Out, name)
	if err := s.FS.MkdirAll(filepath.Dir(base)); err != nil {
		return fmt.Errorf("make the results folder: %w", err)
	}
	probabilityPNG, err1 := inference.ProbabilityPNG(probabilities, width, height)
	maskPNG, err2 := inference.MaskPNG(mask, width, height)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("draw the result: %w", err)
	}
	return errors.Join(
		durable.WriteBytes(s.FS, base+probabilityEnding, probabilityPNG),
		durable.WriteBytes(s.FS, base+maskEnding, maskPNG))
}
