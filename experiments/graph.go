package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"

	"r2unet/arch"
	"r2unet/experiments/matrix"
	"r2unet/internal/model"
)

// GraphOptions are the options of cmd/graph.
type GraphOptions struct {
	Config string // the TOML file
	Batch  int
	Size   int // px, side of the square images
	Inputs int // channels of the images
	// Dot is the file for a drawing of the forward graph of architecture Arch, such as "R2U-Net t=2"; empty = none.
	Dot, Arch string
	Stdout    io.Writer
}

// Graph prints a table of the architectures in a TOML file, with the size and cost of their graphs.
func Graph(ctx context.Context, o GraphOptions) error {
	file, err := matrix.Load(o.Config)
	if err != nil {
		return &InputError{Err: err}
	}
	if o.Batch < 1 || o.Size < 1 {
		return &InputError{Err: fmt.Errorf("-batch %d -size %d: expected positive numbers", o.Batch, o.Size)}
	}
	if (o.Dot == "") != (o.Arch == "") {
		return &InputError{Err: errors.New("-arch names the architecture that -dot draws: give both or none")}
	}
	named := func(a arch.Config) bool { return matrix.ArchitectureTitle(a) == o.Arch }
	if o.Arch != "" && !slices.ContainsFunc(file.Architectures, named) {
		return &InputError{Err: fmt.Errorf("-arch %q: %s has no such architecture; the table's first column has "+
			"the names",
			o.Arch, o.Config)}
	}
	w := newTable(o.Stdout, table.Row{
		"Architecture", "Parameters", "GFLOP/image", "Reach, px", "Nodes",
		"Calls to train", "to predict", "MiB to train", "to predict",
	})
	for _, a := range file.Architectures {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		anatomy, err := model.Inspect(model.Config{Arch: a, InChannels: o.Inputs}, o.Batch, o.Size, o.Size)
		if err != nil {
			return &InputError{Err: fmt.Errorf("%s: %w", matrix.ArchitectureTitle(a), err)}
		}
		w.AppendRow(table.Row{
			matrix.ArchitectureTitle(a), anatomy.Parameters,
			fmt.Sprintf("%.3f", anatomy.ForwardFLOPs/1e9), reachText(anatomy.Reach), anatomy.Nodes,
			anatomy.TrainingCalls, anatomy.EvaluationCalls, anatomy.TrainingBytes >> 20, anatomy.EvaluationBytes >> 20,
		})
		if o.Arch != "" && matrix.ArchitectureTitle(a) == o.Arch {
			dot, err := model.Dot(a, o.Inputs, o.Size, o.Size)
			if err != nil {
				return err
			}
			if err := os.WriteFile(o.Dot, []byte(dot), 0o644); err != nil {
				return inputError(fmt.Errorf("-dot: %w", err))
			}
		}
	}
	w.Render()
	fmt.Fprintf(o.Stdout, "Batches of %d images of %d×%d×%d; memory of the plans without weights and a device's "+
		"padding.\n",
		o.Batch, o.Inputs, o.Size, o.Size)
	return nil
}

// reachText formats a reach for the table.
func reachText(reach int) string {
	if reach == model.WholeImage {
		return "whole image"
	}
	return strconv.Itoa(reach)
}
