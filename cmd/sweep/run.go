package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"r2unet/experiments"
	"r2unet/internal/cli"
)

// runOne computes one run.
func runOne(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	o := experiments.Options{Stdout: cli.Stdout}
	selectFlags(flags, &o)
	deviceFlags(flags, &o)
	var which experiments.Which
	flags.IntVar(&which.Index, "index", -1,
		"`number` of the run in the list of sweep plan -json with the same flags, from 0")
	flags.StringVar(&which.ID, "id", "", "`name` of the run's folder, or the eight digits at its end")
	wait := flags.Duration("wait", 0, "`time` to wait for a run that another process computes")
	attached := flags.Bool("attached", false, "stop, as by a signal, when the standard input ends")
	cli.Usage(flags, "sweep run -index N | -id ID [flags]",
		"Computes one run into its folder, beside any number of other processes on this machine and on others that\n"+
			"share the results folder. It goes on where an earlier process stopped, takes over from one that died,\n"+
			"and does nothing if the run is finished. Tables and the report are sweep collect's.\n\n"+
			"exit codes: 0 the run is finished; 75 stopped by a signal, or another process computes the run: the\n"+
			"same command again, later, goes on; 2 wrong input, which trying again does not change; 1 anything else.",
		[][2]string{
			{"sweep run -profile smoke -index 0", "the longest run"},
			{"sweep run -profile smoke -id 9d193133 -wait 1h", "one by the end of its folder's name"},
		}, func() string { return profiles(o.Config) })
	if err := cli.ParseFlags(flags, "sweep run", args); err != nil {
		return err
	}
	if (which.Index >= 0) == (which.ID != "") {
		return &cli.InputError{Err: errors.New("which run? Either -index N or -id ID; sweep plan -json lists them")}
	}
	if err := checkDeviceFlags(&o); err != nil {
		return err
	}
	if *wait < 0 {
		return &cli.InputError{Err: fmt.Errorf("-wait %v: must not be negative", *wait)}
	}
	if *attached {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() { // ends with the process
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	return experiments.Run(ctx, o, which, *wait)
}
