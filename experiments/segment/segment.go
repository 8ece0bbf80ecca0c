// Package segment applies a trained network, or the mean of several, to images.
package segment

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"r2unet/datasets/files"
	"r2unet/experiments/marks"
	"r2unet/internal/cli"
	"r2unet/internal/device"
	"r2unet/internal/device/choose"
	"r2unet/internal/durable"
)

// Options are the user's settings.
type Options struct {
	Settings
	Checkpoints []string // see Checkpoints
	Images      []string // images, folders that are searched for images, and patterns of either
	Out         string   // folder for results
	Again       bool     // also segment images that have results
	Jobs        int      // images in work at once: read, predicted one after the other, drawn; 0 = 1

	Probabilities string  // how they are written: "16" (also ""), bits in a PNG file; "float" in a TIFF file; "none"
	Overlay       bool    // also write the picture with what was found drawn over it
	Areas         bool    // also write areas.csv
	Spacing       float64 // mm between the middles of pixels, for areas.csv; 0 = as a DICOM file says

	Device    string // kind of device: "auto" (also ""), "cpu", "cuda", "ref"
	Threads   int    // of the cpu device; 0 = as many as the process may use
	GPU       int    // number of the GPU of the cuda device
	Precision string // of convolutions: "fp32" (also ""), "tf32" (cuda) or "bf16" (cpu)

	// Code identifies the code of the program, such as experiments.Code(): results of other code are made again.
	Code   string
	Stdout io.Writer // nil = no output

	fs durable.FS // nil = the machine's
}

// check returns an error for the first option that cannot be, by its flag.
func (o Options) check() error {
	switch {
	case o.Jobs < 0 || o.Jobs > mostJobs:
		return fmt.Errorf("-jobs %d: must be from 1 to %d", o.Jobs, mostJobs)
	case outputsOf(o) == nil:
		return fmt.Errorf("-probabilities %s: must be %s, %s or %s", o.Probabilities, probabilities16,
			probabilitiesFloat, probabilitiesNone)
	case !(o.Spacing >= 0 && o.Spacing < math.Inf(1)):
		return fmt.Errorf("-spacing %g: must be the distance of pixels in mm", o.Spacing)
	case o.Spacing > 0 && !o.Areas:
		return fmt.Errorf("-spacing %g: only areas are given in mm²; add -areas", o.Spacing)
	}
	return o.Settings.check()
}

// mostJobs bounds the memory for images in work.
const mostJobs = 64

// Failed is the error of a run in which some images could not be segmented; the others are done.
type Failed struct{ Failed, Total int }

func (f *Failed) Error() string {
	return fmt.Sprintf("%d of %d images could not be segmented; the others are done", f.Failed, f.Total)
}

// BadInput wraps errors of the options or the checkpoints.
type BadInput = cli.InputError

// Run segments every image and writes NAME_probability.png, NAME_mask.png and what else the options ask for into the
// same place below the results folder; a file of several pages has results for each, NAME_page1_mask.png and so on.
// Existing results that would come out the same are not computed again, and files that segment has not written are
// never replaced. Broken images are reported and the rest is done: the error is then *Failed. *BadInput means that
// nothing was started. A full disk ends the run with the disk's error. The mask of several classes is a picture of
// indices of a palette, and its probability that of any foreground.
func Run(ctx context.Context, o Options) error {
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.fs == nil {
		o.fs = durable.OS
	}
	options := choose.Options{Threads: o.Threads, GPU: o.GPU, Precision: o.Precision}
	dev, _, err := choose.Open(cmp.Or(o.Device, "auto"), options)
	if err != nil {
		return &BadInput{Err: err}
	}
	defer func() {
		if ctx.Err() == nil { // else it may still be computing and ends with the process
			_ = dev.Close()
		}
	}()
	s, err := begin(ctx, o, dev)
	switch {
	case ctx.Err() != nil:
		return cli.ErrInterrupted
	case durable.MachineFailed(err):
		return err
	case err != nil:
		return &BadInput{Err: err}
	}
	s.say("%s: %s to %s", s.ensemble.Describe(), count(len(s.paths), "image", "images"), s.Out)
	for _, note := range s.ensemble.Notes() {
		s.say("%s", note)
	}
	if s.Overlay && s.ensemble.Classes() != nil {
		s.say("colours of overlays: %s", overlayColours(s.ensemble.Classes()))
	}
	return s.all(ctx)
}

// summarize prints what concerns all images.
func (s *segmenter) summarize(before int) {
	if before > 0 {
		s.say("%d of %d images were done before, with the same network and settings; -again does them anew",
			before, len(s.paths))
	}
	if also := s.also(); also != "" {
		s.say("%s", strings.TrimPrefix(also, "; "))
	}
	for _, line := range s.doubts.lines(s.pictures) {
		s.say("%s", line)
	}
}

// say prints a line. File names may contain anything, including line breaks and terminal escape sequences.
func (s *segmenter) say(format string, about ...any) {
	line := fmt.Sprintf(format, about...)
	if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
		line = strings.Trim(strconv.Quote(line), `"`)
	}
	fmt.Fprintln(s.Stdout, line)
}

// segmenter applies an ensemble to images.
type segmenter struct {
	Options
	ensemble *Ensemble
	turn     sync.Mutex // of the ensemble
	images
	outputs  []output
	names    map[string]string // results of images, relative to the results folder, without endings
	fold     bool              // the results folder is case-insensitive
	written  map[string]string // images by the real paths of their results
	pictures int               // finished pages of images
	doubts   doubts
	table    table
}

// begin reads the checkpoints, finds the images, builds the networks and opens the results folder.
func begin(ctx context.Context, o Options, dev device.Device) (*segmenter, error) {
	s, err := read(ctx, o, dev)
	if err != nil {
		return nil, err
	}
	if s.images, err = findImages(ctx, o.Images); err != nil {
		return nil, err
	}
	s.fold = foldsCase(o.Out)
	s.names = nameResults(s.readable(), s.fold)
	if err := s.checkResults(); err != nil {
		return nil, err
	}
	if err := s.ensemble.build(ctx); err != nil {
		return nil, err
	}
	return s, s.openResults()
}

// read checks the options and reads the checkpoints.
func read(ctx context.Context, o Options, dev device.Device) (*segmenter, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	checkpoints, err := Checkpoints(o.Checkpoints)
	if err != nil {
		return nil, err
	}
	s := &segmenter{Options: o, outputs: outputsOf(o), written: map[string]string{}}
	s.Jobs = max(1, o.Jobs)
	s.ensemble, err = readAll(ctx, dev, checkpoints, o.Settings)
	return s, err
}

// mark describes the results of an image's file as they would be made now.
func (s *segmenter) mark(data []byte) mark {
	e := s.ensemble
	m := mark{
		Image: marks.Hash(data), Network: e.Hash(), Threshold: e.Threshold, Stride: e.Stride, TTA: e.TTA,
		Post: e.Post, Window: e.Window, Overlap: e.Overlap, Device: e.device.Arithmetic(), Code: s.Code,
	}
	if e.Stride > 0 {
		m.Patch = cmp.Or(e.Patch, e.members[0].trained.Config.Dataset.Patch)
	}
	return m
}

// await runs work that ignores the context, and returns without waiting for it if the context ends: the process is
// about to end.
func await[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// open reads an image's file.
func (s *segmenter) open(path string) (data []byte, pages int, err error) {
	if data, err = s.bytes(path); err != nil {
		return nil, 0, err
	}
	if pages, err = files.Pages(data); err != nil {
		return nil, 0, fmt.Errorf("decode %s: %w", path, err)
	}
	return data, pages, nil
}
