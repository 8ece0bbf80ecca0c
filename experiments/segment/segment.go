// Package segment applies a trained network to a folder of images.
package segment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"r2unet/datasets/files"
	"r2unet/datasets/preprocess"
	"r2unet/experiments/inference"
	"r2unet/experiments/training"
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
type BadInput struct{ Err error }

func (b *BadInput) Error() string { return b.Err.Error() }

// Unwrap gives the cause.
func (b *BadInput) Unwrap() error { return b.Err }

// Run segments every image and writes NAME_probability.png and NAME_mask.png into the same place below the results folder. An image
// that is broken is reported and the rest is done: the error is then *Failed. *BadInput means that nothing could be begun.
func Run(ctx context.Context, o Options) error {
	s, paths, err := begin(o)
	if err != nil {
		return &BadInput{err}
	}
	failed := 0
	for i, path := range paths {
		start := time.Now()
		err := s.segment(ctx, path)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			failed++
			fmt.Fprintf(o.Stdout, "[%d/%d] %s: failed: %v\n", i+1, len(paths), path, err)
		default:
			fmt.Fprintf(o.Stdout, "[%d/%d] %s: %s\n", i+1, len(paths), path, time.Since(start).Round(time.Millisecond))
		}
	}
	if failed > 0 {
		return &Failed{failed, len(paths)}
	}
	return nil
}

// segmenter is a network ready to be applied.
type segmenter struct {
	Options
	trained training.Trained
	net     *model.Model
	root    string            // folder of the images
	names   map[string]string // where an image's results go, without endings
}

// begin reads the checkpoint, builds the network, and finds the images, as paths below the root.
func begin(o Options) (*segmenter, []string, error) {
	if !(o.Threshold > 0 && o.Threshold <= 1) {
		return nil, nil, fmt.Errorf("-threshold %g: must be above 0 and at most 1", o.Threshold)
	}
	if o.Stride < 0 || o.Patch < 0 {
		return nil, nil, fmt.Errorf("-stride %d -patch %d: must not be negative", o.Stride, o.Patch)
	}
	if info, err := os.Stat(o.Checkpoint); err == nil && info.IsDir() {
		o.Checkpoint = filepath.Join(o.Checkpoint, training.CheckpointFile)
	}
	trained, err := training.ReadTrained(o.Checkpoint)
	if err != nil {
		return nil, nil, err
	}
	s := &segmenter{Options: o, trained: trained, root: o.Images}
	if s.Patch == 0 {
		s.Patch = trained.Config.Dataset.Patch
	}
	if o.Stride > 0 && (s.Patch == 0 || o.Stride > s.Patch) {
		return nil, nil, fmt.Errorf("-stride %d: must be at most the patch of %d px; -patch sets another", o.Stride, s.Patch)
	}
	paths, err := s.find()
	if err != nil {
		return nil, nil, err
	}
	s.net, err = model.New(model.Config{Arch: trained.Config.Architecture, InChannels: trained.Channels()}, o.Device)
	if err == nil {
		err = s.net.Restore(trained.Tensors)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint %s: %w", o.Checkpoint, err)
	}
	return s, paths, nil
}

// find lists the images and names their results: by their stems, or by their whole names where two share a stem.
func (s *segmenter) find() ([]string, error) {
	info, err := os.Stat(s.Images)
	if err != nil {
		return nil, fmt.Errorf("-images: %w", err)
	}
	all := []string{filepath.Base(s.Images)}
	if info.IsDir() {
		if all, err = files.Find(s.Images); err != nil {
			return nil, fmt.Errorf("-images %s: %w", s.Images, err)
		}
	} else {
		s.root = filepath.Dir(s.Images)
	}
	var paths []string
	stems := map[string]int{}
	name := func(path string) string {
		stem, _ := files.Stem(path)
		return filepath.Join(filepath.Dir(filepath.FromSlash(path)), stem)
	}
	for _, path := range all {
		if _, ok := files.Stem(path); ok {
			paths = append(paths, path)
			stems[name(path)]++
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("-images %s: no image in it; TIFF, PNG, JPEG, GIF, PPM and PGM are read", s.Images)
	}
	s.names = map[string]string{}
	for _, path := range paths {
		s.names[path] = name(path)
		if stems[name(path)] > 1 {
			s.names[path] = filepath.FromSlash(path)
		}
	}
	return paths, nil
}

// segment does one image.
func (s *segmenter) segment(ctx context.Context, path string) error {
	sample, err := s.trained.Recipe.Read(filepath.Join(s.root, filepath.FromSlash(path)))
	if err != nil {
		return err
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
	return files.Size(path, data)
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
		durable.WriteBytes(s.FS, base+"_probability.png", probabilityPNG),
		durable.WriteBytes(s.FS, base+"_mask.png", maskPNG))
}
