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
	"os/exec"
	"slices"
	"strconv"
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
	selectFlags(flag.CommandLine, &o)
	deviceFlags(flag.CommandLine, &o)
	flag.BoolVar(&o.Plan, "plan", false,
		"check everything, print the runs with parameters, operations and estimated time, and run nothing")
	flag.BoolVar(&o.Fresh, "fresh", false, "start a new results folder beside the existing one, which is kept")
	flag.IntVar(&o.Beside.Jobs, "jobs", 1,
		"`number` of runs to compute at once, in processes that share the threads and the memory. It changes no result")
	cli.Usage(flag.CommandLine, "sweep [flags], or: sweep VERB [flags]",
		"Trains and tests every run of a profile, and writes the paper's tables with our rows.", [][2]string{
			{"sweep -profile smoke", "every part once, in a minute"},
			{"sweep -data DIR -only 'dataset=DRIVE,arch=U-Net|ResU-Net'", "two networks on one dataset"},
		}, func() string { return profiles(o.Config) + "\n\n" + describeVerbs() })
	if err := cli.ParseFlags(flag.CommandLine, "sweep", args); err != nil {
		return err
	}
	if err := checkDeviceFlags(&o); err != nil {
		return err
	}
	if o.Beside.Jobs < 1 || o.Beside.Jobs > mostJobs {
		return &cli.InputError{Err: fmt.Errorf("-jobs %d: want 1 to %d", o.Beside.Jobs, mostJobs)}
	}
	o.Beside.Command = func(id string, threads int) *exec.Cmd { return single(flag.CommandLine, id, threads) }
	return experiments.Sweep(ctx, o)
}

// mostJobs is beyond the processors of one machine.
const mostJobs = 256

// single is the command that computes one of the runs that the flags of a sweep select.
func single(flags *flag.FlagSet, id string, threads int) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	args := []string{"run", "-id", id, "-attached", "-threads", strconv.Itoa(threads)}
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "jobs", "threads", "plan", "fresh":
		default:
			args = append(args, "-"+f.Name+"="+f.Value.String())
		}
	})
	return exec.Command(program, args...)
}

// profiles lists the profiles of a TOML file for -help.
func profiles(config string) string {
	file, err := matrix.Load(config)
	if err != nil {
		return fmt.Sprintf("profiles: those of the file after -config (%v)", err)
	}
	return fmt.Sprintf("profiles of %s: %s", config, strings.Join(slices.Sorted(maps.Keys(file.Profiles)), ", "))
}
