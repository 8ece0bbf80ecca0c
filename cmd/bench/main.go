// Command bench measures how fast networks train and predict, and prints JSON lines with the fields of the PyTorch reference.
//
//	go run ./cmd/bench                                  R2U-Net t = 2, batch 32 of 48×48
//	go run ./cmd/bench -table                           all cases that goals are set for
//	go run ./cmd/bench -ops -shapes                     where the time of a training step goes
//	go run ./cmd/bench -table -compare torch            beside PyTorch, in turn, with the ratio of medians
//	bin/bench-cuda -device cuda -precision tf32 -compare torch   on a GPU, both of them
//	go run ./cmd/bench -size 584 -width 565 -batch 1    one whole DRIVE image
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"r2unet/internal/benchmark"
	"r2unet/internal/cli"
	"r2unet/internal/device/choose"
	"r2unet/internal/device/cuda"
)

func main() { cli.Main("bench", run) }

func run(ctx context.Context) (err error) {
	var c benchmark.Case
	flag.StringVar(&c.Arch, "arch", "r2unet", "`network`: unet, resunet, runet or r2unet")
	flag.IntVar(&c.T, "t", 2, "recurrent `steps`")
	flag.StringVar(&c.Weights, "weights", "shared", "how recurrent steps share weights: shared, per-step or tied")
	flag.IntVar(&c.Batch, "batch", 32, "`images` in a batch")
	flag.IntVar(&c.Channels, "cin", 1, "`channels` of the images")
	flag.IntVar(&c.Height, "size", 48, "height of the images in `px`, and width unless -width is given")
	flag.IntVar(&c.Width, "width", 0, "width of the images in `px`")
	table := flag.Bool("table", false, "measure all cases that goals are set for, instead of one")
	kind := flag.String("device", "cpu", "`kind` of device: cpu, cuda (in a build with it: make cuda), auto, or ref (plain Go, slow)")
	gpu := flag.Int("gpu", 0, "`number` of the GPU of -device cuda")
	precision := flag.String("precision", "fp32", "`precision` of convolutions of -device cuda, and of PyTorch beside it: fp32 or tf32")
	threads := flag.Int("threads", 0, "`number` of threads; 0 means all")
	runs := flag.Int("runs", 7, "timed `steps`, of which the median counts")
	ops := flag.Bool("ops", false, "print a table of operators: of a training step, or of a prediction with -infer")
	infer := flag.Bool("infer", false, "with -ops: profile a prediction")
	shapes := flag.Bool("shapes", false, "with -ops: list shapes apart")
	compare := flag.String("compare", "", "`peer` to measure in turn: torch")
	reference := flag.String("reference", "../shared/reference/torch_reference.py", "`path` of the PyTorch reference")
	python := flag.String("python", "python3", "Python `interpreter` that has torch")
	rounds := flag.Int("rounds", 3, "with -compare: how `often` both are measured in turn")
	profile := flag.String("cpuprofile", "", "write a profile of the process to this `file`")
	flag.Parse()
	if flag.NArg() > 0 || *runs < 1 || *rounds < 1 || (*compare != "" && *compare != "torch") {
		return &cli.InputError{Err: errors.New("unexpected arguments; -runs and -rounds are at least 1, -compare takes torch; see -help")}
	}
	if c.Width == 0 {
		c.Width = c.Height
	}
	cases := []benchmark.Case{c}
	if *table {
		cases = benchmark.Table()
	}
	if *threads == 0 {
		*threads = runtime.GOMAXPROCS(0)
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			return &cli.InputError{Err: err}
		}
		defer pprof.StopCPUProfile()
	}
	emit := json.NewEncoder(cli.Stdout).Encode
	for _, c := range cases {
		err := func() error {
			dev, why, err := choose.Open(*kind, choose.Options{Threads: *threads, GPU: *gpu, Precision: cuda.Precision(*precision)})
			if err != nil {
				return err
			}
			defer dev.Close()
			if why != "" {
				fmt.Fprintln(cli.Stderr, "bench:", why)
			}
			b, err := benchmark.New(c, dev, *threads)
			if err != nil {
				return err
			}
			switch {
			case *ops:
				table, err := b.Ops(ctx, *runs, !*infer, *shapes)
				if err != nil {
					return err
				}
				return benchmark.WriteOps(cli.Stdout, table)
			case *compare != "":
				torch := benchmark.Torch{Python: *python, Script: *reference, Threads: *threads, Device: dev.Name(), GPU: *gpu, TF32: *precision == string(cuda.TF32)}
				ratio, err := benchmark.Compare(ctx, b, torch, *rounds, *runs, emit)
				if err != nil {
					return err
				}
				return emit(ratio)
			}
			row, err := b.Measure(ctx, *runs)
			if err != nil {
				return err
			}
			return emit(row)
		}()
		if ctx.Err() != nil {
			return cli.ErrInterrupted
		}
		if err != nil {
			return &cli.InputError{Err: err}
		}
	}
	return nil
}
