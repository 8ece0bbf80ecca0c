// Command verify checks copies of the datasets, and draws phantoms of them.
//
//	go run ./cmd/verify -data DIR                    check every dataset below DIR, propose tables for other folders
//	go run ./cmd/verify -data DIR -config FILE       check the datasets of experiments.toml, own ones among them
//	go run ./cmd/verify -data DIR -dataset DRIVE     check one
//	go run ./cmd/verify -phantom all -out DIR        draw all datasets in their official layout and formats
//	go run ./cmd/verify -data DIR -pictures DIR      draw the pictures of docs/datasets.md
//
// Exit codes: 0 no problems, 1 warnings or a full disk, 2 a copy is unusable, none was found, or bad input,
// 75 interrupted. A bug ends it by SIGABRT (134).
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"r2unet/datasets"
	"r2unet/datasets/phantom"
	"r2unet/datasets/pictures"
	"r2unet/datasets/verify"
	"r2unet/experiments/matrix"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

func main() { cli.Main("verify", run) }

func run(ctx context.Context) error {
	data := flag.String("data", "", "`folder` with the datasets")
	dataset := flag.String("dataset", "", "check this dataset only")
	config := flag.String("config", "", "check the datasets of this experiments.toml, as its tables read them")
	counts := flag.String("counts", "", "also write the numbers of labelled pixels of every image to this .csv `file`")
	asJSON := flag.Bool("json", false, "print the report as JSON, with every finding")
	threshold := flag.Float64("label-threshold", 0,
		"as the key of a [[dataset]] table: labels are foreground from this share of white on; 0 = off")
	drawn := flag.String("phantom", "", "draw the phantom of this `dataset`, or of all")
	out := flag.String("out", "", "`folder` that phantoms are drawn into")
	images := flag.Int("images", 0, "number of images of a phantom; 0 = the dataset's usual number")
	shrink := flag.Int("shrink", 1, "divide the sides of a phantom's images by this")
	seed := flag.Uint64("seed", 2018, "seed of a phantom")
	shown := flag.String("pictures", "", "`folder` that the pictures of the documentation are drawn into")
	cli.Usage(flag.CommandLine, "verify -data DIR [flags], or: verify -phantom DATASET -out DIR [flags]",
		"Checks copies of the datasets, and draws phantoms of them.", [][2]string{
			{"verify -data DIR -dataset DRIVE", "check the files of one dataset"},
			{"verify -phantom all -out phantoms", "draw all datasets in their official layouts"},
		}, nil)
	if err := cli.ParseFlags(flag.CommandLine, "verify", os.Args[1:]); err != nil {
		return err
	}
	var err error
	switch {
	case *drawn != "":
		err = drawPhantoms(ctx, *drawn, *out, phantom.Options{Seed: *seed, Images: *images, Shrink: *shrink})
	case *data == "":
		err = fmt.Errorf("-data is missing: the folder with the datasets")
	case *shown != "":
		err = pictures.Draw(ctx, *data, *shown)
	default:
		return check(ctx, *data, *config, *dataset, *counts, *threshold, *asJSON)
	}
	return badInput(ctx, err)
}

// badInput makes an error the user's to mend, unless the command was stopped or the machine failed.
func badInput(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return cli.ErrInterrupted
	case durable.MachineFailed(err):
		return err
	}
	return &cli.InputError{Err: err}
}

func check(ctx context.Context, data, config, dataset, counts string, threshold float64, asJSON bool) error {
	if err := cli.CheckOut("counts", counts); err != nil {
		return err
	}
	var names []string
	var tables []datasets.Config
	if config != "" {
		file, err := matrix.Load(config)
		if err != nil {
			return badInput(ctx, err)
		}
		tables = file.Datasets
		for _, table := range tables {
			names = append(names, table.Name)
		}
	}
	if dataset != "" {
		names = []string{dataset}
	}
	report, err := verify.Check(ctx, data, verify.Options{
		LabelThreshold: threshold, Tables: tables, Progress: counter(),
	}, names...)
	if err != nil {
		return badInput(ctx, err)
	}
	if counts != "" {
		var table bytes.Buffer
		if err := report.WriteCounts(&table); err != nil {
			return err
		}
		if err := durable.WriteBytes(durable.OS, counts, table.Bytes()); err != nil {
			return err
		}
	}
	if asJSON {
		encoder := json.NewEncoder(cli.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Text(cli.Stdout)
	}
	if err != nil {
		return err
	}
	return cli.Status(report.ExitCode())
}

// counter shows on a terminal how far the check is; a large set takes minutes.
func counter() verify.Progress {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return func(dataset string, done, total int) {
		fmt.Fprintf(os.Stderr, "\r%s: %d of %d images", cli.Printable(dataset), done, total)
		if done == total {
			fmt.Fprint(os.Stderr, "\r\x1b[K")
		}
	}
}

// drawPhantoms draws one phantom or all, each into a folder of its name that must not be there yet.
func drawPhantoms(ctx context.Context, name, out string, o phantom.Options) error {
	if out == "" {
		return fmt.Errorf("-out is missing: the folder to draw into")
	}
	if o.Images < 0 {
		return fmt.Errorf("-images %d: must not be negative", o.Images)
	}
	if o.Shrink < 1 || o.Shrink > 8 {
		return fmt.Errorf("-shrink %d: must be from 1 to 8", o.Shrink)
	}
	names := []string{name}
	if name == "all" {
		names = datasets.Phantoms()
	}
	for _, name := range names {
		dir := filepath.Join(out, name)
		if _, err := os.Stat(dir); err == nil {
			return fmt.Errorf("%s is already there; nothing is overwritten", dir)
		}
		if err := datasets.DrawPhantom(ctx, name, dir, o); err != nil {
			return err
		}
		fmt.Fprintln(cli.Stdout, "phantom drawn:", dir)
	}
	return nil
}
