package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"r2unet/experiments/draft"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

// runInit drafts a matrix for a folder of pictures.
func runInit(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("init", flag.ExitOnError)
	o := draft.Options{Stdout: cli.Stdout}
	flags.StringVar(&o.Data, "data", "", "`folder` with the images and their labels")
	flags.StringVar(&o.Out, "out", "",
		"TOML `file` to write, which must not be there yet; default: called like the folder")
	flags.IntVar(&o.Updates, "updates", draft.UsualUpdates, "`number` of updates of the weights in a training")
	flags.StringVar(&o.Device, "device", "auto", "`kind` of device to train on: auto, cpu, cuda or ref")
	cli.Usage(flags, "sweep init -data DIR [-out FILE]",
		"Looks at a folder of pictures with labels (pairs, sizes, channels, values of labels), and writes a matrix\n"+
			"for it, with comments that say what was seen and assumed. Then sweep -config FILE -data DIR trains.\n"+
			"docs/init.md has the rules.",
		[][2]string{
			{"sweep init -data ~/cells -out cells.toml", "a matrix for the pictures in ~/cells"},
			{"sweep init -data ~/cells -updates 20000", "one for a longer training"},
		}, nil)
	if err := cli.Parse(flags, "sweep init", args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return &cli.InputError{Err: fmt.Errorf("unexpected argument %q; every setting is a flag, see init -h",
			flags.Arg(0))}
	}
	if o.Updates < 1 {
		return &cli.InputError{Err: fmt.Errorf("-updates %d: must be at least 1", o.Updates)}
	}
	err := draft.Write(ctx, o)
	var status *cli.InputError
	switch {
	case err == nil || errors.As(err, &status) || durable.MachineFailed(err):
		return err
	case ctx.Err() != nil:
		return cli.ErrInterrupted
	}
	return &cli.InputError{Err: err}
}
