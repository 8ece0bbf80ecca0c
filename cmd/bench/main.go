// Command bench measures how fast networks train and predict, and prints JSON lines with the fields of the
// PyTorch reference.
//
//	go run ./cmd/bench                                  R2U-Net t = 2, batch 32 of 48×48
//	go run ./cmd/bench -table                           all cases that goals are set for
//	go run ./cmd/bench -ops -shapes                     where the time of a training step goes
//	go run ./cmd/bench -table -compare torch            beside PyTorch, in turn, with the ratio of medians
//	bin/bench-cuda -device cuda -precision tf32 -compare torch   on a GPU, both of them
//	go run ./cmd/bench -size 584 -width 565 -batch 1    one whole DRIVE image
//	go run ./cmd/bench -config examples/zoo.toml -network lwnet -cin 3 -size 512 -batch 4   a network of a TOML file
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"r2unet/internal/benchmark"
	"r2unet/internal/cli"
)

func main() { cli.Main("bench", run) }

func run(ctx context.Context) error {
	o := benchmark.Options{Stdout: cli.Stdout, Stderr: cli.Stderr}
	flag.StringVar(&o.Case.Arch, "arch", "r2unet", "`network`: unet, resunet, runet or r2unet")
	flag.IntVar(&o.Case.T, "t", 2, "recurrent `steps`")
	flag.StringVar(&o.Case.Weights, "weights", "shared", "how recurrent steps share weights: shared, per-step or tied")
	flag.StringVar(&o.Case.Matrix, "config", "", "TOML `file` of the network named by -network, in place of -arch")
	flag.StringVar(&o.Case.Network, "network", "",
		"`name` of an [[architecture]] of -config, with t=N where several have it")
	flag.Var((*widths)(&o.Case.Widths), "channels",
		"channels of the encoder levels, `numbers` such as 64,128,256,512; the paper's unless given")
	flag.IntVar(&o.Case.Batch, "batch", 32, "`images` in a batch")
	flag.IntVar(&o.Case.Channels, "cin", 1, "`channels` of the images")
	flag.IntVar(&o.Case.Height, "size", 48, "height of the images in `px`, and width unless -width is given")
	flag.IntVar(&o.Case.Width, "width", 0, "width of the images in `px`")
	flag.BoolVar(&o.Table, "table", false, "measure a table of cases instead of one")
	flag.StringVar(&o.Device, "device", "cpu",
		"`kind` of device: cpu, cuda (in a build with it: make cuda), auto, or ref (plain Go, slow)")
	flag.IntVar(&o.GPU, "gpu", 0, "`number` of the GPU of -device cuda")
	flag.StringVar(&o.Precision, "precision", "fp32",
		"`precision` of convolutions, and of PyTorch beside it: fp32, or tf32 of -device cuda, or bf16 of -device cpu")
	flag.IntVar(&o.Threads, "threads", 0, "`number` of threads; 0 means all")
	flag.IntVar(&o.Runs, "runs", 7, "timed `steps`, of which the median counts")
	flag.BoolVar(&o.Fastest, "fastest", false,
		"processor time of the fastest step in place of the median one's wall time, for a busy machine; one thread")
	flag.BoolVar(&o.Ops, "ops", false, "print a table of operators: of a training step, or of a prediction with -infer")
	flag.BoolVar(&o.Infer, "infer", false, "with -ops: profile a prediction")
	flag.BoolVar(&o.Shapes, "shapes", false, "with -ops: list shapes apart")
	flag.StringVar(&o.Compare, "compare", "", "`peer` to measure in turn: torch")
	flag.StringVar(&o.Reference, "reference", "", "`path` of another PyTorch script than the project's own")
	flag.StringVar(&o.Python, "python", "python3", "Python `interpreter` that has torch")
	flag.BoolVar(&o.Compile, "compile", false, "with -compare: measure torch.compile too, and take the best mode")
	flag.IntVar(&o.Rounds, "rounds", 3, "with -compare: how `often` both are measured in turn")
	flag.StringVar(&o.CPUProfile, "cpuprofile", "", "write a profile of the process to this `file`")
	cli.Usage(flag.CommandLine, "bench [flags]",
		"Measures how fast networks train and predict, and prints JSON lines.", [][2]string{
			{"bench -arch unet -batch 8", "U-Net, batches of 8 patches of 48×48 px"},
			{"bench -table -compare torch", "all cases, beside PyTorch in turn"},
			{"bench -config examples/zoo.toml -network SE-ResU-Net", "a network of a TOML file"},
		}, func() string { return networks(cmp.Or(o.Case.Matrix, "experiments.toml")) })
	if err := cli.ParseFlags(flag.CommandLine, "bench", os.Args[1:]); err != nil {
		return err
	}
	flag.Visit(func(f *flag.Flag) { o.Given = append(o.Given, f.Name) })
	if o.Case.Width == 0 {
		o.Case.Width = o.Case.Height
	}
	return benchmark.Run(ctx, o)
}

// networks lists what -network can name, for -help.
func networks(config string) string {
	names, err := benchmark.Networks(config)
	if err != nil {
		return fmt.Sprintf("values of -network: those of the file after -config (%v)", err)
	}
	return fmt.Sprintf("values of -network with -config %s: %s", config, strings.Join(names, ", "))
}

// widths is a flag of numbers. Its text is theirs, because an empty one is refused.
type widths []int

func (w *widths) String() string {
	words := make([]string, len(*w))
	for i, n := range *w {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

func (w *widths) Set(text string) (err error) {
	*w, err = benchmark.Widths(text)
	return err
}
