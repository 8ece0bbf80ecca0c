// Command score measures predictions that lie in a folder, whoever made them, against a folder of labels.
//
//	go run ./cmd/score -truth DIR -predictions DIR             every measure, pooled and as the mean over images
//	go run ./cmd/score -truth DIR -predictions A,B -fov DIR    inside fields of view, and a test of B against A
//
// Exit codes: 0 done, 1 a file could not be written, 2 bad input, 75 interrupted. A bug ends it by SIGABRT (134).
package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"strings"

	"golang.org/x/term"

	"r2unet/experiments/score"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

func main() { cli.Main("score", run) }

func run(ctx context.Context) error {
	var o score.Options
	flag.StringVar(&o.Truth, "truth", "", "`folder` of labels")
	predictions := flag.String("predictions", "", "`folder` of masks, probabilities or pictures of classes; A,B "+
		"compares two")
	flag.StringVar(&o.FOV, "fov", "", "`folder` of field-of-view masks")
	flag.Float64Var(&o.Threshold, "threshold", 0, "pixels are foreground from this probability on; unless given, that "+
		"with which segment made the pictures, or 0.5")
	flag.BoolVar(&o.Linear, "linear", false,
		"levels of 16 bits are shares of 65535, as most programs write them; without it, as sweep and segment do")
	flag.StringVar(&o.Ignore, "ignore", "", "`value` of pixels in labels that do not count, such as 255 or #ffffff")
	out := flag.String("out", "", "also write every image's measures to this .csv or .json `file`")
	cli.Usage(flag.CommandLine, "score -truth DIR -predictions DIR [flags]",
		"Measures predictions, whoever made them. Files pair by their names, without endings such as _mask.",
		[][2]string{
			{
				"score -truth labels -predictions masks -out scores.csv",
				"every measure, and a file with those of each image",
			},
			{"score -truth labels -predictions ours,theirs -linear", "measure two folders, and test their difference"},
		}, nil)
	if err := cli.ParseFlags(flag.CommandLine, "score", os.Args[1:]); err != nil {
		return err
	}
	if *predictions != "" {
		o.Predictions = strings.Split(*predictions, ",")
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "threshold" })
	if given && o.Threshold == 0 { // which is the options' default
		return &cli.InputError{Err: errors.New("-threshold 0: must be above 0 and at most 1")}
	}
	if *out != "" {
		if err := score.CheckOut(*out); err != nil {
			return &cli.InputError{Err: err}
		}
		if err := cli.CheckOut("out", *out); err != nil {
			return err
		}
	}
	report, err := score.Run(ctx, o)
	switch {
	case ctx.Err() != nil:
		return cli.ErrInterrupted
	case err != nil && durable.MachineFailed(err):
		return err
	case err != nil:
		return &cli.InputError{Err: err}
	}
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		width = 0
	}
	if err := report.Text(cli.Stdout, width); err != nil || *out == "" {
		return err
	}
	content, err := report.File(*out)
	if err != nil {
		return err
	}
	return durable.WriteBytes(durable.OS, *out, content)
}
