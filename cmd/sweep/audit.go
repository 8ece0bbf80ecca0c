package main

import (
	"context"
	"flag"

	"r2unet/evaluate/audit"
	"r2unet/internal/cli"
)

// runAudit checks tables in CSV files, or the paper's own where none is named.
func runAudit(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("audit", flag.ExitOnError)
	cli.Usage(flags, "sweep audit [FILE.csv ...]",
		"Checks printed tables for numbers that contradict each other: the paper's, or files with columns such as\n"+
			"se, sp, ac, f1, js, auc.", [][2]string{
			{"sweep audit", "the paper's tables"},
			{"sweep audit table.csv", "a table of your own"},
		}, nil)
	files, err := cli.ParseArguments(flags, "sweep audit", args)
	if err != nil {
		return err
	}
	if err := audit.Report(cli.Stdout, files...); err != nil {
		return &cli.InputError{Err: err}
	}
	return nil
}
