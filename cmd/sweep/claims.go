package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"

	"r2unet/evaluate/claims"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

// runClaims tests the paper's claims on the runs of results folders.
func runClaims(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("claims", flag.ExitOnError)
	out := flags.String("out", "", "write the page to this `file` instead of printing it")
	cli.Usage(flags, "sweep claims [-out FILE] DIR ...",
		"Tests each claim of the paper on the runs of results folders, and writes a Markdown page with a verdict for\n"+
			"each: holds, does not hold, or cannot be told. It reads the runs alone, no dataset.", [][2]string{
			{"sweep claims results/night", "print the page"},
			{"sweep claims -out docs/claims.md results/reference/night", "write it"},
		}, nil)
	folders, err := cli.ParseArguments(flags, "sweep claims", args)
	if err != nil {
		return err
	}
	if err := cli.CheckOut("out", *out); err != nil {
		return err
	}
	evidence, err := claims.Open(folders...)
	if err != nil {
		return &cli.InputError{Err: err}
	}
	for _, problem := range evidence.Problems {
		fmt.Fprintf(cli.Stderr, "warning: %s; the claims are tested without it\n", problem)
	}
	var page bytes.Buffer
	if err := claims.Test(evidence).WriteMarkdown(&page); err != nil {
		return err
	}
	if *out == "" {
		_, err := cli.Stdout.Write(page.Bytes())
		return err
	}
	return durable.WriteBytes(durable.OS, *out, page.Bytes())
}
