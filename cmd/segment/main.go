// Command segment applies a trained network, or the mean of several, to images.
//
//	go run ./cmd/segment -checkpoint results/quick/runs/RUN -images DIR -out DIR
//
// For each image it writes NAME_probability.png and NAME_mask.png, for a file of several pages
// NAME_page1_mask.png and so on. Masks of a network of several classes hold the classes as indices of a
// palette. docs/prediction.md has all that can be asked for, and docs/evaluation.md defines the levels of
// probabilities. A broken image is reported and skipped. Existing results of the same image, checkpoints,
// settings, device and program are not computed again. Exit codes: 0 all images are done, 1 some images failed
// or the disk is full, 2 bad input, 75 interrupted.
//
//	go run ./cmd/segment -checkpoint results/quick/runs/RUN -serve 127.0.0.1:8080
//
// answers pictures that are posted to this address with their masks, and shows a page for that. Exit codes: 0 ended by
// a signal, 1 the server failed, 2 bad input.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"r2unet/evaluate/record"
	"r2unet/experiments"
	"r2unet/experiments/models"
	"r2unet/experiments/postprocess"
	"r2unet/experiments/segment"
	"r2unet/internal/cli"
)

func main() { cli.Main("segment", run) }

func run(ctx context.Context) error {
	o := segment.Options{Stdout: cli.Stdout, Code: experiments.Code()}
	flag.Var((*list)(&o.Checkpoints), "checkpoint", "checkpoint.safetensors of a run, the run's `folder`, a pattern "+
		"of such, a list with commas, or a results folder; of several, also by repeating the flag, the mean is taken")
	model := flag.String("model", "", "`name` of a trained network in results/models, instead of -checkpoint")
	flag.Var((*list)(&o.Images), "images", "`path` of an image, of a folder with images, or a pattern; may be "+
		"repeated, and further ones follow the flags")
	flag.StringVar(&o.Out, "out", "segmented", "`folder` for the results")
	flag.Float64Var(&o.Threshold, "threshold", 0,
		"`probability` from which on a pixel is foreground; 0 means as chosen in training, or 0.5")
	flag.IntVar(&o.Stride, "stride", 0,
		"`px` between overlapping patches whose probabilities are averaged; 0 takes whole images")
	flag.IntVar(&o.Patch, "patch", 0, "side of the patches of -stride in `px`; 0 means what the network was trained on")
	flag.IntVar(&o.Window, "window", 0,
		"side in `px` of overlapping windows, averaged by Gaussian weights; 0 takes whole images")
	flag.Float64Var(&o.Overlap, "overlap", 0, "`share` of a window that the next one covers again; 0.5 with -window")
	flag.StringVar(&o.TTA, "tta", "",
		"`symmetries` to average over: flips (4), d4 (8) or none; as the network was tested if not given")
	flag.StringVar(&o.Post, "post", "", "`steps` of post-processing, such as \"min-size(30) + fill-holes\", or none; "+
		"as the network was tested if not given")
	flag.StringVar(&o.Probabilities, "probabilities", "16",
		"`kind` of files of probabilities: 16 (bits, PNG), float (32 bits, TIFF) or none")
	flag.BoolVar(&o.Overlay, "overlay", false, "also write NAME_overlay.png: the image with what was found")
	flag.BoolVar(&o.Uncertainty, "uncertainty", false,
		"also write NAME_uncertainty.png: the standard deviation over several networks")
	flag.BoolVar(&o.Areas, "areas", false,
		"also write areas.csv: pixels, share and components of each class in each image")
	flag.Float64Var(&o.Spacing, "spacing", 0, "`mm` between pixels, for areas; 0 takes what a DICOM file says")
	flag.IntVar(&o.Jobs, "jobs", 1, "`number` of images in work at once: read, predicted one after the other, drawn")
	flag.BoolVar(&o.Again, "again", false, "also do images whose results are there, of the same network and settings")
	flag.StringVar(&o.Device, "device", "auto", "`kind` of device: auto, cpu, cuda or ref")
	flag.IntVar(&o.Threads, "threads", 0, "`number` of threads of the cpu device; 0 means all")
	flag.IntVar(&o.GPU, "gpu", 0, "`number` of the GPU of the cuda device")
	flag.StringVar(&o.Precision, "precision", "fp32",
		"`precision` of convolutions: fp32, or tf32 of the cuda device, or bf16 of the cpu device")
	serve := flag.String("serve", "", "`address` to answer posted images at, such as 127.0.0.1:8080")
	cli.Usage(flag.CommandLine, "segment -checkpoint RUN -images PATH [flags]",
		"Applies a trained network to images, and writes a mask and probabilities for each.", [][2]string{
			{"segment -checkpoint results/quick/runs/RUN -images DIR -out masks", "whole images"},
			{"segment -checkpoint results/quick/runs/RUN -images a.png -stride 24", "averaged over patches"},
			{"segment -model retina -images DIR", "with a network of results/models"},
			{"segment -checkpoint results/quick/runs/RUN -serve 127.0.0.1:8080", "images posted there"},
		}, describeNames)
	others, err := cli.ParseArguments(flag.CommandLine, "segment", os.Args[1:])
	if err != nil {
		return err
	}
	if err := cli.NoEmptyFlag(flag.CommandLine); err != nil {
		return err
	}
	if err := noRuns(others); err != nil {
		return &cli.InputError{Err: err}
	}
	o.Images = append(o.Images, others...)
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if o.Window > 0 && !given["overlap"] {
		o.Overlap = 0.5
	}
	if *model != "" {
		if len(o.Checkpoints) > 0 {
			return &cli.InputError{Err: errors.New("-model: does not go with -checkpoint, in whose place it steps")}
		}
		folder, err := models.Find(*model)
		if err != nil {
			return &cli.InputError{Err: err}
		}
		o.Checkpoints = []string{folder}
		fmt.Fprintf(cli.Stdout, "model %s, for research only: see %s\n", *model, filepath.Join(folder, models.CardFile))
	}
	if *serve != "" {
		if err := withServe(len(o.Checkpoints) > 0, o.Images); err != nil {
			return &cli.InputError{Err: err}
		}
		return segment.Serve(ctx, o, *serve)
	}
	if len(o.Checkpoints) == 0 || len(o.Images) == 0 {
		return &cli.InputError{Err: errors.New("-images and one of -checkpoint and -model are needed, see -help")}
	}
	return segment.Run(ctx, o)
}

// noRuns returns an error if one of the images is a run: the shell has replaced a pattern of -checkpoint by all runs
// that match it, of which the flag took the first.
func noRuns(images []string) error {
	for _, path := range images {
		if _, err := os.Stat(filepath.Join(path, record.CheckpointFile)); err == nil {
			return fmt.Errorf("%s is a run and no image: put a pattern of -checkpoint in quotes, or repeat the flag",
				path)
		}
	}
	return nil
}

// withServe returns an error if a flag is set that does not go with -serve.
func withServe(checkpoint bool, images []string) (err error) {
	if len(images) > 0 {
		err = errors.New("-images: does not go with -serve, which answers images that are posted to it")
	}
	flag.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "out", "again", "jobs", "probabilities", "overlay", "uncertainty", "areas", "spacing":
			err = fmt.Errorf("-%s: does not go with -serve, which answers images that are posted to it", f.Name)
		}
	})
	if err == nil && !checkpoint {
		err = errors.New("-checkpoint or -model is needed, see -help")
	}
	return err
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(text string) error {
	*l = append(*l, text)
	return nil
}

// describeNames lists what -model and -post may name, for -help.
func describeNames() string {
	found := "none"
	if names := models.Names(); len(names) > 0 {
		found = strings.Join(names, ", ")
	}
	return fmt.Sprintf("models of -model: %s\nsteps of -post: %s", found, strings.Join(postprocess.Names(), ", "))
}
