// Package draft writes a first matrix for a folder of pictures: it looks at them, decides on samples, network and
// batch by the rules of docs/init.md, and says what it saw and what it assumed.
package draft

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"r2unet/datasets"
	"r2unet/experiments"
	"r2unet/experiments/matrix"
	"r2unet/internal/device"
	"r2unet/internal/device/choose"
	"r2unet/internal/durable"
)

// UsualUpdates is how many updates of the weights a training has where the user asks for no other number.
const UsualUpdates = 3000

// Options are what a user chooses for a draft.
type Options struct {
	Data    string    // the folder of pictures
	Out     string    // the file to write, which must not be there yet; "" = called like the folder, in the working one
	Updates int       // of the weights, in a training; 0 = UsualUpdates
	Device  string    // kind of device that is trained on: "auto", "cpu", "cuda", "ref"
	Memory  int64     // bytes that a training may take; 0 = half of what the device has left
	Stdout  io.Writer // what was seen and assumed
}

// Write looks at the pictures and writes the matrix, after it has been checked as a sweep checks it. Nothing is
// overwritten. The error says what was found where the folder is not understood.
func Write(ctx context.Context, o Options) error {
	switch {
	case o.Data == "":
		return errors.New("-data is missing: the folder with the images and their labels")
	case o.Updates < 0:
		return fmt.Errorf("-updates %d: must be at least 1", o.Updates)
	case o.Updates == 0:
		o.Updates = UsualUpdates
	}
	s, err := look(ctx, o.Data)
	if err != nil {
		return err
	}
	if o.Out == "" {
		o.Out = profileName(s.table.Name) + ".toml"
	}
	if err := absent(o.Out); err != nil {
		return err
	}
	dev, _, err := choose.Open(o.Device, choose.Options{})
	if err != nil {
		return err
	}
	defer dev.Close()
	if meter, ok := dev.(device.Meter); ok && o.Memory == 0 {
		free, _ := meter.Free()
		o.Memory = free / 2
	}
	p, err := decide(s, o.Updates, dev, o.Memory)
	if err != nil {
		return err
	}
	f := newFile(s, p, o)
	fmt.Fprint(o.Stdout, f.findings())
	if err := check(ctx, f.text(), o); err != nil {
		return fmt.Errorf("the matrix for %s would not do: %w", o.Data, err)
	}
	err = durable.Replace(durable.OS, o.Out, func(w io.Writer) error {
		_, err := io.WriteString(w, f.text())
		return err
	}, func() error { return absent(o.Out) })
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Stdout, "\nwritten: %s; to train:\n\n    %s\n", o.Out, f.command())
	return nil
}

// absent refuses a file that is there, or in no folder.
func absent(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("-out: %s is already there; nothing is overwritten", path)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("-out: %w", err)
	}
	return nil
}

// check holds the matrix against the pictures and the machine, as sweep -plan does, and prints that plan.
func check(ctx context.Context, text string, o Options) error {
	scratch, err := os.MkdirTemp("", "sweep-init-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	var plan strings.Builder
	err = experiments.Sweep(ctx, experiments.Options{
		Config: o.Out, Text: text, Data: o.Data, Out: filepath.Join(scratch, "results"), Device: o.Device, Seed: 1,
		Plan: true, Stdout: &plan,
	})
	fmt.Fprint(o.Stdout, "\n", plan.String())
	return err
}

// run is a run of the matrix as far as memory depends on it.
func run(table datasets.Config, p *plan) matrix.Run {
	return matrix.Run{Architecture: p.network(), Dataset: table}
}
