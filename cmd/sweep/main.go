// Command sweep trains and tests every run of a profile of experiments.toml and prints the paper's tables
// with our rows.
//
//	go run ./cmd/sweep                                   the whole matrix, a few minutes on two cores
//	go run ./cmd/sweep -data DIR -only dataset=DRIVE     one dataset, from its files in DIR
//	go run ./cmd/sweep -profile paper -plan              the cost of the paper's settings
//	go run ./cmd/sweep init -data DIR -out FILE          look at own pictures and write a matrix for them
//	go run ./cmd/sweep audit [FILE.csv …]                check the arithmetic of printed tables
//
// It can be interrupted at any time and resumes where it stopped. Exit codes: 0 everything is done, 1 a run
// failed or the disk is full, 2 bad input, 75 interrupted: start it again. A bug ends it by SIGABRT (134).
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"r2unet/experiments"
	"r2unet/experiments/matrix"
	"r2unet/internal/cli"
)

func main() { cli.Main("sweep", run) }

func run(ctx context.Context) error {
	verb, args, err := split(os.Args[1:])
	if err != nil {
		return err
	}
	return verb(ctx, args)
}

// sweep runs a profile: what the command does without a verb.
func sweep(ctx context.Context, args []string) error {
	o := experiments.Options{Stdout: cli.Stdout}
	flag.StringVar(&o.Config, "config", "experiments.toml",
		"TOML `file` of architectures, datasets, profiles and experiments")
	flag.StringVar(&o.Profile, "profile", "",
		"`name` of the profile to run (default: the only one of the file, or else "+matrix.UsualProfile+")")
	flag.StringVar(&o.Data, "data", "",
		"`folder` with the datasets; a missing dataset is drawn as a phantom, and without this flag all are")
	flag.StringVar(&o.Out, "out", "results", "`folder` for results")
	flag.StringVar(&o.Only, "only", "",
		"`selection` of runs, such as 'dataset=DRIVE,arch=R2U-Net t=2|U-Net'; keys: "+matrix.SelectionKeys())
	flag.StringVar(&o.Device, "device", "auto",
		"`kind` of device: auto, cpu, cuda (in a build with it, see README), or ref (plain Go, slow)")
	flag.IntVar(&o.Threads, "threads", 0, "`number` of threads of the device; 0 means all. It changes no result")
	flag.IntVar(&o.GPU, "gpu", 0, "`number` of the GPU of -device cuda")
	flag.StringVar(&o.Precision, "precision", "fp32", "`precision` of convolutions of -device cuda: fp32 or tf32")
	flag.Uint64Var(&o.Seed, "seed", 1, "`seed` of every random stream, for experiments that name none")
	flag.BoolVar(&o.Plan, "plan", false,
		"check everything, print the runs with parameters, operations and estimated time, and run nothing")
	flag.BoolVar(&o.Fresh, "fresh", false, "start a new results folder beside the existing one, which is kept")
	flag.BoolVar(&o.AnyKernels, "any-kernels", false,
		"resume runs that started with other kernels (another processor or device); their rows say so")
	flag.BoolVar(&o.Verbose, "v", false, "log every step")
	cli.Usage(flag.CommandLine, "sweep [flags], or: sweep VERB [flags]",
		"Trains and tests every run of a profile, and writes the paper's tables with our rows.", [][2]string{
			{"sweep -profile smoke", "every part once, in a minute"},
			{"sweep -data DIR -only 'dataset=DRIVE,arch=U-Net|ResU-Net'", "two networks on one dataset"},
		}, func() string { return profiles(o.Config) + "\n\n" + describeVerbs() })
	_ = flag.CommandLine.Parse(args) // exits on an error
	if err := cli.NoArguments(); err != nil {
		return err
	}
	return experiments.Sweep(ctx, o)
}

// profiles lists the profiles of a TOML file for -help.
func profiles(config string) string {
	file, err := matrix.Load(config)
	if err != nil {
		return fmt.Sprintf("profiles: those of the file after -config (%v)", err)
	}
	return fmt.Sprintf("profiles of %s: %s", config, strings.Join(slices.Sorted(maps.Keys(file.Profiles)), ", "))
}
