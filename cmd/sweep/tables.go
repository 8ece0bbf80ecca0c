package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"r2unet/experiments"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

// runTables writes tables, figures and report of results folders again.
func runTables(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("tables", flag.ContinueOnError)
	cli.Usage(flags, "sweep tables DIR…",
		"Writes tables, figures and report of results folders again, from the records of their runs alone: without\n"+
			"the data and the TOML file.",
		[][2]string{
			{"sweep tables results/quick", "of one folder"},
			{"sweep tables results/quick results/night", "of several, each its own"},
		}, nil)
	folders, err := cli.ParseArguments(flags, "sweep tables", args)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		return &cli.InputError{Err: errors.New("name results folders, such as results/quick")}
	}
	for _, folder := range folders {
		problems, err := experiments.Redraw(folder)
		for _, problem := range problems {
			fmt.Fprintf(cli.Stderr, "warning: %s: %s\n", folder, problem)
		}
		switch {
		case durable.MachineFailed(err):
			return err
		case err != nil:
			return &cli.InputError{Err: err}
		}
		fmt.Fprintf(cli.Stdout, "%s: tables, figures and report are written%s\n", folder, without(problems))
	}
	return nil
}

// without says that what could not be read is missing.
func without(problems []string) string {
	if len(problems) == 0 {
		return ""
	}
	return ", without what could not be read"
}
