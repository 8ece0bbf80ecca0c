package models

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments"
	"r2unet/experiments/training"
	"r2unet/internal/durable"
)

// Options say what becomes a model.
type Options struct {
	Run     string // folder of a finished run
	Name    string // of the model
	Licence string // of the data that it was trained on, in words
	Note    string // what else a reader of the card should know; may be empty
	Command string // that trained it; "" = worked out from the run's folder
	Out     string // folder of models; "" = Folder, below the working folder
	Replace bool   // a model of this name
}

// LargestCheckpoint is the largest size of a model's checkpoint in bytes: models are kept in a repository.
const LargestCheckpoint = 5_000_000

// Publish writes the checkpoint and the card of a run, and returns the model's folder. It needs nothing but the run's
// folder, and the same folder always gives the same files.
func Publish(o Options) (folder string, err error) {
	if err := checkName(o.Name); err != nil {
		return "", err
	}
	if o.Licence == "" {
		return "", errors.New("-licence is needed: under which terms the data are that the network was trained on")
	}
	run, err := experiments.ReadRecord(o.Run)
	if err != nil {
		return "", fmt.Errorf("-run %s: is no folder of a run: %w", o.Run, err)
	}
	if run.Result.Status != evaluate.Finished {
		return "", fmt.Errorf("-run %s: the run is %s, and only a finished one can be a model",
			o.Run, run.Result.Status)
	}
	checkpoint, err := training.Export(filepath.Join(o.Run, record.CheckpointFile))
	if err != nil {
		return "", err
	}
	if len(checkpoint) > LargestCheckpoint {
		return "", fmt.Errorf("-run %s: the checkpoint of %d parameters has %.1f MB, more than the %.0f of a model; "+
			"take a smaller network", o.Run, run.Result.Parameters, float64(len(checkpoint))/1e6, LargestCheckpoint/1e6)
	}
	card, err := makeCard(o, run, checkpoint)
	if err != nil {
		return "", err
	}
	if o.Out == "" {
		o.Out = filepath.FromSlash(Folder)
	}
	folder = filepath.Join(o.Out, o.Name)
	return folder, write(folder, o.Replace, map[string][]byte{record.CheckpointFile: checkpoint, CardFile: card})
}

// write writes a model's files. Without replace, it leaves another model alone.
func write(folder string, replace bool, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(folder, name)
		if old, err := os.ReadFile(path); err == nil && !replace && !bytes.Equal(old, content) {
			return fmt.Errorf("%s is there with another content: name another model, or say -replace", path)
		}
	}
	if err := durable.OS.MkdirAll(folder); err != nil {
		return fmt.Errorf("make the model's folder: %w", err)
	}
	for _, name := range []string{CardFile, record.CheckpointFile} { // a folder with a checkpoint is a model
		if err := durable.WriteBytes(durable.OS, filepath.Join(folder, name), files[name]); err != nil {
			return err
		}
	}
	return nil
}
