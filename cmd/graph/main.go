// Command graph compares the architectures of experiments.toml: parameters, operations, receptive field,
// graph nodes, kernel calls and memory. It plans networks without running them.
//
//	go run ./cmd/graph                                          a table
//	go run ./cmd/graph -arch 'R2U-Net t=2 shared' -dot r2.dot   also a drawing for Graphviz
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"r2unet/experiments"
	"r2unet/experiments/matrix"
	"r2unet/internal/cli"
)

func main() { cli.Main("graph", run) }

func run(ctx context.Context) error {
	o := experiments.GraphOptions{Stdout: cli.Stdout}
	flag.StringVar(&o.Config, "config", "experiments.toml", "TOML `file` of architectures")
	flag.IntVar(&o.Batch, "batch", 32, "`number` of images in a batch")
	flag.IntVar(&o.Size, "size", 48, "`side` of the images in pixels")
	flag.IntVar(&o.Inputs, "inputs", 1, "`channels` of the images, 1 to 4")
	flag.StringVar(&o.Arch, "arch", "", "`architecture` to draw, as the table names it")
	flag.StringVar(&o.Dot, "dot", "", "`file` for the drawing of -arch, in Graphviz' language")
	cli.Usage(flag.CommandLine, "graph [flags]",
		"Compares the architectures of a TOML file: parameters, operations, receptive field, memory.", [][2]string{
			{"graph -batch 1 -size 512", "all of them, for whole images of 512×512 px"},
			{"graph -arch 'R2U-Net t=2 shared' -dot r2.dot", "also a drawing of one for Graphviz"},
		}, func() string { return architectures(o.Config) })
	if err := cli.ParseFlags(flag.CommandLine, "graph", os.Args[1:]); err != nil {
		return err
	}
	return cli.UnlessStopped(ctx, func(ctx context.Context) error { return experiments.Graph(ctx, o) })
}

// architectures lists what -arch can name, for -help.
func architectures(config string) string {
	file, err := matrix.Load(config)
	if err != nil {
		return fmt.Sprintf("architectures: those of the file after -config (%v)", err)
	}
	var names []string
	for _, a := range file.Architectures {
		names = append(names, matrix.ArchitectureTitle(a))
	}
	return fmt.Sprintf("architectures of %s: %s", config, strings.Join(names, ", "))
}
