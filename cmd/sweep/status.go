package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"r2unet/experiments"
	"r2unet/experiments/engines"
	"r2unet/internal/cli"
)

// runStatus says how far the runs of a profile are.
func runStatus(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("status", flag.ExitOnError)
	o := experiments.Options{Stdout: cli.Stderr}
	selectFlags(flags, &o)
	asJSON := flags.Bool("json", false, "print one JSON object, for programs")
	cli.Usage(flags, "sweep status [-json] [flags]",
		"Says which runs of a profile are finished, running (where, how far, and when the process last gave a sign\n"+
			"of life), waiting or failed. It changes nothing and works while others run. The flags are those of the "+
			"runs.",
		[][2]string{
			{"sweep status -profile smoke", "of the results folder"},
			{"sweep status -profile paper -data DIR -json", "for a program"},
		}, func() string { return profiles(o.Config) })
	if err := cli.ParseFlags(flags, "sweep status", args); err != nil {
		return err
	}
	view, err := experiments.Status(ctx, o)
	if err != nil {
		return err
	}
	queue, err := engines.SlurmQueue(ctx, view.Folder)
	if err != nil {
		fmt.Fprintf(cli.Stderr, "Slurm's queue is not known: %v\n", err)
	}
	if *asJSON {
		out := json.NewEncoder(cli.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(struct {
			experiments.Overview
			Slurm []engines.Queued `json:"slurm,omitempty"` // the arrays that were submitted
		}{view, queue})
	}
	if err := view.Print(cli.Stdout); err != nil {
		return err
	}
	for _, array := range queue {
		fmt.Fprintln(cli.Stdout, array)
	}
	return nil
}
