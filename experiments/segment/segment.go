// Package segment applies a trained network to a folder of images.
package segment

import (
	"cmp"
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

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/experiments/training"
	"r2unet/internal/cli"
	"r2unet/internal/device"
	"r2unet/internal/device/choose"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// Options are the user's settings.
type Options struct {
	Checkpoint string  // a checkpoint, or the folder of a run that has one
	Images     string  // an image, or a folder that is searched for images
	Out        string  // folder for masks and probabilities
	Threshold  float64 // of the probability of foreground; 0 = as chosen in training, or 0.5
	Stride     int     // px; overlapping patches of Patch px are averaged; 0 = whole images
	Patch      int     // px; 0 = the size that the network was trained on
	Again      bool    // also segment images that have results

	Device    string // kind of device: "auto" (also ""), "cpu", "cuda", "ref"
	Threads   int    // of the cpu device; 0 = as many as the process may use
	GPU       int    // number of the GPU of the cuda device
	Precision string // of convolutions on the cuda device: "fp32" (also "") or "tf32"

	// Code identifies the code of the program, such as experiments.Code(): results of other code are made again.
	Code   string
	Stdout io.Writer // nil = no output

	fs durable.FS // nil = the machine's
}

// Failed is the error of a run in which some images could not be segmented; the others are done.
type Failed struct{ Failed, Total int }

func (f *Failed) Error() string {
	return fmt.Sprintf("%d of %d images could not be segmented; the others are done", f.Failed, f.Total)
}

// BadInput wraps errors of the options or the checkpoint.
type BadInput = cli.InputError

// Run segments every image and writes NAME_probability.png and NAME_mask.png into the same place below the results
// folder; a file of several pages has results for each, NAME_page1_mask.png and so on. Existing results that would come
// out the same are not computed again, and files that segment has not written are never replaced. Broken images are
// reported and the rest is done: the error is then *Failed. *BadInput means that nothing was started. A full disk ends
// the run with the disk's error. The mask of several classes is a picture of indices of a palette, and its probability
// that of any foreground.
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
	s.say("%s, trained on %s, on %s: %s to %s",
		matrix.ArchitectureTitle(s.trained.Config.Architecture), s.trained.Config.Dataset.Name,
		s.device.Describe(), count(len(s.paths), "image", "images"), s.Out)
	if s.trained.Chosen.Temperature != 0 && !s.several() {
		s.say("probabilities at temperature %g, which the network's validation images have chosen",
			s.trained.Chosen.Temperature)
	}
	if s.Threshold == s.trained.Chosen.Cut {
		s.say("threshold %g, which the network's %s images have chosen", s.Threshold,
			s.trained.Config.Training.Threshold)
	}
	if s.several() {
		s.say("masks hold the most probable class: %s", s.trained.Config.Dataset.Classes.Indices())
	}
	failed, before := 0, 0
	for i, path := range s.paths {
		start := time.Now()
		why, err := s.segment(ctx, path)
		at := fmt.Sprintf("[%d/%d] %s: ", i+1, len(s.paths), path)
		switch {
		case ctx.Err() != nil:
			return cli.ErrInterrupted // finished images are not done again
		case diskFailed(err):
			s.summarize(before)
			return fmt.Errorf("%s: %w; %s done: run the same command again when that is in order",
				path, err, count(i-failed, "image is", "images are"))
		case err != nil:
			failed++
			s.say("%sfailed: %v", at, err)
		case why == doneBefore:
			before++
		case why != "":
			s.say("%s%s, done anew: %s", at, time.Since(start).Round(time.Millisecond), why)
		default:
			s.say("%s%s", at, time.Since(start).Round(time.Millisecond))
		}
	}
	s.summarize(before)
	if failed > 0 {
		return &Failed{failed, len(s.paths)}
	}
	return nil
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

// segmenter applies a network to images.
type segmenter struct {
	Options
	device  device.Device
	trained training.Trained
	net     *model.Model
	images
	names    map[string]string // results of images, relative to the results folder, without endings
	fold     bool              // the results folder is case-insensitive
	written  map[string]string // images by the real paths of their results
	pictures int               // finished pages of images
	doubts   doubts
}

// begin reads the checkpoint, builds the network, finds the images and opens the results folder.
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
	if err := s.build(ctx); err != nil {
		return nil, err
	}
	return s, s.openResults()
}

// read checks the options and reads the checkpoint.
func read(ctx context.Context, o Options, dev device.Device) (*segmenter, error) {
	if !(o.Threshold >= 0 && o.Threshold <= 1) {
		return nil, fmt.Errorf("-threshold %g: must be above 0 and at most 1; 0 takes that of the checkpoint, or 0.5",
			o.Threshold)
	}
	if o.Stride < 0 || o.Patch < 0 {
		return nil, fmt.Errorf("-stride %d -patch %d: must not be negative", o.Stride, o.Patch)
	}
	var err error
	if o.Checkpoint, err = findCheckpoint(o.Checkpoint); err != nil {
		return nil, err
	}
	s := &segmenter{Options: o, device: dev, written: map[string]string{}}
	s.trained, err = await(ctx, func() (training.Trained, error) { return training.ReadTrained(o.Checkpoint) })
	if err != nil {
		return nil, err
	}
	if s.several() && o.Threshold != 0 {
		return nil, fmt.Errorf("-threshold %g: the network has %d classes, of which masks hold the most probable one: "+
			"leave it out", o.Threshold, len(s.trained.Config.Dataset.Classes))
	}
	s.Threshold = cmp.Or(s.Threshold, s.trained.Chosen.Cut, evaluate.DefaultThreshold)
	if s.Patch == 0 {
		s.Patch = s.trained.Config.Dataset.Patch
	}
	if o.Stride > 0 && s.Patch == 0 {
		return nil, fmt.Errorf("-stride %d: the network was trained on whole images; name a -patch too",
			o.Stride)
	}
	if o.Stride > s.Patch {
		return nil, fmt.Errorf("-stride %d: must be at most the patch of %d px; -patch sets another", o.Stride, s.Patch)
	}
	return s, nil
}

// several reports whether the network tells several foreground classes apart.
func (s *segmenter) several() bool { return s.trained.Network().Outputs() > 1 }

// build builds the network on the device.
func (s *segmenter) build(ctx context.Context) error {
	net, err := await(ctx, func() (*model.Model, error) {
		net, err := model.New(s.trained.Network(), s.device)
		if err == nil {
			err = net.Restore(s.trained.Tensors)
		}
		return net, err
	})
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", s.Checkpoint, err)
	}
	s.net, s.trained.Tensors = net, nil // the device has them
	return nil
}

// findCheckpoint returns the checkpoint at a path or in a run's folder. For a results folder, the error lists its runs.
func findCheckpoint(path string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return path, nil // reading it reports what is wrong
	}
	inside := filepath.Join(path, record.CheckpointFile)
	if _, err := os.Stat(inside); !errors.Is(err, os.ErrNotExist) {
		return inside, nil
	}
	var runs []string
	for _, below := range []string{"", record.RunsFolder, filepath.Join("*", record.RunsFolder)} {
		found, err := filepath.Glob(filepath.Join(escape(path), below, "*", record.CheckpointFile))
		if err != nil {
			return "", fmt.Errorf("-checkpoint %s: %w", path, err)
		}
		for _, run := range found {
			runs = append(runs, filepath.Dir(run))
		}
	}
	if len(runs) == 0 {
		return "", fmt.Errorf("-checkpoint %s: the folder has no %s, and no runs that have one",
			path, record.CheckpointFile)
	}
	more := ""
	if n := len(runs) - listed; n > 0 {
		runs, more = runs[:listed], fmt.Sprintf("\n  and %d more", n)
	}
	return "", fmt.Errorf("-checkpoint %s: the folder has no %s; name one of its runs:\n  %s%s",
		path, record.CheckpointFile, strings.Join(runs, "\n  "), more)
}

// escape quotes a path for use in a glob pattern.
func escape(path string) string {
	if os.PathSeparator == '\\' {
		return path // patterns cannot be escaped there, and [ is rare in names
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
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
