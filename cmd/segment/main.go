// Command segment applies a trained network to images.
//
//	go run ./cmd/segment -checkpoint results/quick/runs/RUN -images DIR -out DIR
//
// For each image it writes NAME_probability.png and NAME_mask.png, for a file of several pages
// NAME_page1_mask.png and so on. Masks of a network of several classes hold the classes as indices of a
// palette. docs/evaluation.md defines the levels of probabilities. A broken image is reported and skipped.
// Existing results of the same image, checkpoint, settings, device and program are not computed again. Exit
// codes: 0 all images are done, 1 some images failed or the disk is full, 2 bad input, 75 interrupted.
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

	"r2unet/experiments"
	"r2unet/experiments/models"
	"r2unet/experiments/segment"
	"r2unet/internal/cli"
)

func main() { cli.Main("segment", run) }

func run(ctx context.Context) error {
	o := segment.Options{Stdout: cli.Stdout, Code: experiments.Code()}
	flag.StringVar(&o.Checkpoint, "checkpoint", "", "`file` checkpoint.safetensors of a run, or the run's folder")
	model := flag.String("model", "", "`name` of a trained network in results/models, instead of -checkpoint")
	flag.StringVar(&o.Images, "images", "", "`path` of an image or of a folder with images")
	flag.StringVar(&o.Out, "out", "segmented", "`folder` for the results")
	flag.Float64Var(&o.Threshold, "threshold", 0,
		"`probability` from which on a pixel is foreground; 0 means as chosen in training, or 0.5")
	flag.IntVar(&o.Stride, "stride", 0,
		"`px` between overlapping patches whose probabilities are averaged; 0 takes whole images")
	flag.IntVar(&o.Patch, "patch", 0, "side of these patches in `px`; 0 means what the network was trained on")
	flag.BoolVar(&o.Again, "again", false, "also do images whose results are there, of the same network and settings")
	flag.StringVar(&o.Device, "device", "auto", "`kind` of device: auto, cpu, cuda or ref")
	flag.IntVar(&o.Threads, "threads", 0, "`number` of threads of the cpu device; 0 means all")
	flag.IntVar(&o.GPU, "gpu", 0, "`number` of the GPU of the cuda device")
	flag.StringVar(&o.Precision, "precision", "fp32", "`precision` of convolutions of the cuda device: fp32 or tf32")
	serve := flag.String("serve", "", "`address` to answer posted images at, such as 127.0.0.1:8080")
	cli.Usage(flag.CommandLine, "segment -checkpoint RUN -images PATH [flags]",
		"Applies a trained network to images, and writes a mask and probabilities for each.", [][2]string{
			{"segment -checkpoint results/quick/runs/RUN -images DIR -out masks", "whole images"},
			{"segment -checkpoint results/quick/runs/RUN -images a.png -stride 24", "averaged over patches"},
			{"segment -model retina -images DIR", "with a network of results/models"},
			{"segment -checkpoint results/quick/runs/RUN -serve 127.0.0.1:8080", "images posted there"},
		}, nil)
	err := cli.Parse(flag.CommandLine, "segment", os.Args[1:])
	if err == nil {
		err = cli.NoArguments()
	}
	if err != nil {
		return err
	}
	if *model != "" {
		if o.Checkpoint != "" {
			return &cli.InputError{Err: errors.New("-model: does not go with -checkpoint, in whose place it steps")}
		}
		if o.Checkpoint, err = models.Find(*model); err != nil {
			return &cli.InputError{Err: err}
		}
		fmt.Fprintf(cli.Stdout, "model %s, for research only: see %s\n", *model,
			filepath.Join(o.Checkpoint, models.CardFile))
	}
	if *serve != "" {
		if err := withServe(o.Checkpoint); err != nil {
			return &cli.InputError{Err: err}
		}
		return segment.Serve(ctx, o, *serve)
	}
	if o.Checkpoint == "" || o.Images == "" {
		return &cli.InputError{Err: errors.New("-images and one of -checkpoint and -model are needed, see -help")}
	}
	return segment.Run(ctx, o)
}

// withServe returns an error if a flag is set that does not go with -serve.
func withServe(checkpoint string) (err error) {
	flag.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "images", "out", "again":
			err = fmt.Errorf("-%s: does not go with -serve, which answers images that are posted to it", f.Name)
		}
	})
	if err == nil && checkpoint == "" {
		err = errors.New("-checkpoint or -model is needed, see -help")
	}
	return err
}
