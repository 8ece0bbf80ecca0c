package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"r2unet/experiments/models"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

// runModel keeps a run's trained network as a model.
func runModel(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("model", flag.ExitOnError)
	var o models.Options
	flags.StringVar(&o.Run, "run", "", "`folder` of a finished run")
	flags.StringVar(&o.Name, "name", "", "`name` of the model, such as retina")
	flags.StringVar(&o.Licence, "licence", "", "`terms` of the data that it was trained on, in words")
	flags.StringVar(&o.Note, "note", "", "`text` for the card: what else its reader should know")
	flags.StringVar(&o.Command, "command", "", "`command` that trained it; default: worked out from the run's folder")
	flags.StringVar(&o.Out, "out", filepath.FromSlash(models.Folder), "`folder` of the models")
	flags.BoolVar(&o.Replace, "replace", false, "replace the model that has the name already")
	cli.Usage(flags, "sweep model -run DIR -name NAME -licence TERMS [flags]",
		"Writes the trained network of a run to results/models/NAME, with a card that says how it was trained, on\n"+
			"what, how good it is and what it is not for. Then segment -model NAME applies it.",
		[][2]string{
			{"sweep model -run results/quick/runs/RUN -name retina -licence 'CC BY 4.0'", "a model called retina"},
			{"sweep model -run DIR -name skin -licence CC0 -note 'One seed.' -replace", "a newer one called skin"},
		}, nil)
	if err := cli.Parse(flags, "sweep model", args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return &cli.InputError{Err: fmt.Errorf("unexpected argument %q; every setting is a flag, see model -h",
			flags.Arg(0))}
	}
	if o.Run == "" || o.Name == "" {
		return &cli.InputError{Err: errors.New("-run and -name are needed, see model -h")}
	}
	folder, err := models.Publish(o)
	switch {
	case durable.MachineFailed(err):
		return err
	case err != nil:
		return &cli.InputError{Err: err}
	}
	fmt.Fprintf(cli.Stdout, "%s and %s\n", filepath.Join(folder, models.CardFile), "checkpoint.safetensors")
	return nil
}
