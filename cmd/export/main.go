// Command export writes networks and results in the formats of other programs.
//
//	go run ./cmd/export onnx -checkpoint RUN -out FILE          a network for ONNX runtimes
//	go run ./cmd/export tensorboard -results DIR -out DIR       a results folder for TensorBoard
//	go run ./cmd/export mlflow -results DIR -out DIR            a results folder for MLflow
//
// Exit codes: 0 done, 1 a file could not be written, 2 bad input, 75 interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"r2unet/experiments/export"
	"r2unet/internal/cli"
	"r2unet/internal/nearest"
)

func main() { cli.Main("export", run) }

// verb is a format to write.
type verb struct {
	name, does string
	run        func(args []string) error
}

func verbs() []verb {
	return []verb{
		{"onnx", "a network for ONNX runtimes", runONNX},
		{"tensorboard", "a results folder for TensorBoard", results("tensorboard", export.TensorBoard)},
		{"mlflow", "a results folder for MLflow", results("mlflow", export.MLflow)},
	}
}

func run(ctx context.Context) error {
	cli.Usage(flag.CommandLine, "export VERB [flags]", "Writes networks and results in the formats of other programs.",
		[][2]string{
			{"export onnx -checkpoint results/quick/runs/RUN -out network.onnx", "a network for ONNX runtimes"},
			{"export tensorboard -results results/quick -out events", "curves of training for TensorBoard"},
		}, describeVerbs)
	if err := cli.Parse(flag.CommandLine, "export", os.Args[1:]); err != nil {
		return err
	}
	work, err := find(flag.Args())
	if err != nil {
		return &cli.InputError{Err: err}
	}
	return cli.UnlessStopped(ctx, func(context.Context) error { return work(flag.Args()[1:]) })
}

// find returns the verb of a command line.
func find(args []string) (func(args []string) error, error) {
	var names []string
	for _, v := range verbs() {
		if len(args) > 0 && args[0] == v.name {
			return v.run, nil
		}
		names = append(names, v.name)
	}
	list := strings.Join(names, ", ")
	if len(args) == 0 {
		return nil, fmt.Errorf("no verb; there are %s, see -help", list)
	}
	if near := nearest.Of(args[0], names); near != "" {
		return nil, fmt.Errorf("unknown verb %q; did you mean %q?", args[0], near)
	}
	return nil, fmt.Errorf("unknown verb %q; there are %s", args[0], list)
}

func describeVerbs() string {
	lines := []string{"verbs, each with a -h of its own:"}
	for _, v := range verbs() {
		lines = append(lines, fmt.Sprintf("  %-12s %s", v.name, v.does))
	}
	return strings.Join(lines, "\n")
}

func runONNX(args []string) error {
	o := export.ONNXOptions{Stdout: cli.Stdout}
	flags := flag.NewFlagSet("onnx", flag.ExitOnError)
	flags.StringVar(&o.Checkpoint, "checkpoint", "", "`file` checkpoint.safetensors of a run, or the run's folder")
	flags.StringVar(&o.Out, "out", "", "`file` to write; by default beside the checkpoint, with the ending .onnx")
	cli.Usage(flags, "export onnx -checkpoint RUN [flags]",
		"Writes the network of a checkpoint as an ONNX file, for images of any size that the network takes.",
		[][2]string{
			{"export onnx -checkpoint results/quick/runs/RUN", "beside the checkpoint"},
			{"export onnx -checkpoint results/quick/runs/RUN -out network.onnx", "as another file"},
		}, nil)
	if err := cli.ParseFlags(flags, "export "+flags.Name(), args); err != nil {
		return err
	}
	if o.Checkpoint == "" {
		return &cli.InputError{Err: errors.New("-checkpoint is needed, see -help")}
	}
	if err := cli.CheckOut("out", o.Out); err != nil {
		return err
	}
	return export.ONNX(o)
}

// results returns a verb that exports a results folder.
func results(name string, write func(export.ResultsOptions) error) func(args []string) error {
	return func(args []string) error {
		o := export.ResultsOptions{Stdout: cli.Stdout}
		flags := flag.NewFlagSet(name, flag.ExitOnError)
		flags.StringVar(&o.Results, "results", "", "results `folder` of a sweep, such as results/quick")
		flags.StringVar(&o.Out, "out", "", "`folder` to write into")
		if name == "tensorboard" {
			flags.IntVar(&o.Images, "images", 3, "`number` of test images of each run, from the best to the worst")
		}
		cli.Usage(flags, "export "+name+" -results DIR -out DIR",
			"Writes every run of a results folder: settings, the curves of training, measures.", [][2]string{
				{"export " + name + " -results results/quick -out DIR", "all runs"},
				{"export " + name + " -results results/reference/quick -out DIR", "the committed reference runs"},
			}, nil)
		if err := cli.ParseFlags(flags, "export "+flags.Name(), args); err != nil {
			return err
		}
		if o.Results == "" || o.Out == "" {
			return &cli.InputError{Err: errors.New("-results and -out are needed, see -help")}
		}
		if o.Images < 0 {
			return &cli.InputError{Err: fmt.Errorf("-images %d: must be 0 or more", o.Images)}
		}
		return write(o)
	}
}
