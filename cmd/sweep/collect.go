package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"r2unet/experiments"
	"r2unet/internal/cli"
)

// runCollect makes tables and the report of what is finished.
func runCollect(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("collect", flag.ExitOnError)
	o := experiments.Options{Stdout: cli.Stdout}
	selectFlags(flags, &o)
	cli.Usage(flags, "sweep collect [flags] [DIR…]",
		"Makes tables, figures and the report of the runs that are finished: of those in the results folder, or of\n"+
			"those in several machines' folders DIR, which it brings together in -out. It says what is missing,\n"+
			"damaged, or of other code, settings or data, and deletes nothing. The flags are those of the runs.\n\n"+
			"exit codes: 0 tables were made, even if runs are missing; 2 wrong input, or nothing is finished.",
		[][2]string{
			{"sweep collect -profile smoke", "of the results folder, also while runs go on"},
			{"sweep collect -profile paper -data DIR -out all a/results b/results", "of two machines, into all/paper"},
		}, func() string { return profiles(o.Config) })
	folders, err := cli.ParseArguments(flags, "sweep collect", args)
	if err != nil {
		return err
	}
	if err := cli.NoEmptyFlag(flags); err != nil {
		return err
	}
	from, chosen := folders, false
	flags.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "out" })
	switch {
	case len(from) == 1 && !chosen:
		o.Out, from = from[0], nil
	case len(from) > 1 && !chosen:
		return &cli.InputError{Err: errors.New("several folders: -out says where to bring their runs together")}
	}
	for _, folder := range folders {
		if _, err := os.Stat(folder); err != nil { // before phantoms are drawn into it
			return &cli.InputError{Err: fmt.Errorf("collect from %s: %w", folder, err)}
		}
	}
	return experiments.Collect(ctx, o, from)
}
