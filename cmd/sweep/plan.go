package main

import (
	"context"
	"encoding/json"
	"flag"

	"r2unet/experiments"
	"r2unet/internal/cli"
)

// runPlan lists the runs of a profile.
func runPlan(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("plan", flag.ExitOnError)
	o := experiments.Options{Stdout: cli.Stdout, Plan: true}
	selectFlags(flags, &o)
	asJSON := flags.Bool("json", false, "print one JSON object, for programs; the longest run first")
	cli.Usage(flags, "sweep plan [-json] [flags]",
		"Checks everything that a sweep checks before it begins, and lists the runs with their cost. It runs nothing\n"+
			"but two training steps, to estimate times. docs/scale.md describes the JSON object.",
		[][2]string{
			{"sweep plan -profile paper", "a table"},
			{
				"sweep plan -profile paper -json",
				"the same runs for a program, with the number that sweep run -index takes",
			},
		}, func() string { return profiles(o.Config) })
	if err := cli.ParseFlags(flags, "sweep plan", args); err != nil {
		return err
	}
	if *asJSON {
		o.Stdout = cli.Stderr
		agenda, err := experiments.NewAgenda(ctx, o)
		if err != nil {
			return err
		}
		out := json.NewEncoder(cli.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(agenda)
	}
	return experiments.Sweep(ctx, o)
}
