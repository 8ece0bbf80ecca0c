// Package export writes trained networks and results in the formats of other programs.
package export

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/experiments/segment"
	"r2unet/experiments/training"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
	"r2unet/internal/model"
	"r2unet/internal/onnx"
)

// BadInput wraps errors of the options or of what is exported.
type BadInput = cli.InputError

// ONNXOptions are the settings of ONNX.
type ONNXOptions struct {
	Checkpoint string // a checkpoint, or the folder of a run that has one
	Out        string // the file; "" = the checkpoint's name with .onnx
	Stdout     io.Writer
}

// ONNX writes the network of a checkpoint as an ONNX file, from normalized images [N, C, H, W] to the probabilities
// [N, K, H, W] of segment. What else is needed to use it is in the file's metadata, see docs/interchange.md.
func ONNX(o ONNXOptions) error {
	found, err := segment.Checkpoints([]string{o.Checkpoint})
	if err != nil {
		return &BadInput{Err: err}
	}
	if len(found) > 1 {
		return &BadInput{Err: fmt.Errorf("-checkpoint %s: has %d networks, such as %s; name one of them", o.Checkpoint,
			len(found), found[0])}
	}
	o.Checkpoint = found[0]
	if o.Out == "" {
		o.Out = strings.TrimSuffix(o.Checkpoint, filepath.Ext(o.Checkpoint)) + ".onnx"
	}
	trained, err := training.ReadTrained(o.Checkpoint)
	if err != nil {
		return inputOrMachine(err)
	}
	temperature := 0.0
	if trained.Network().Outputs() == 1 {
		temperature = trained.Chosen.Temperature
	}
	g, err := model.ONNX(trained.Network(), trained.Tensors, temperature)
	if err != nil {
		return &BadInput{Err: fmt.Errorf("checkpoint %s: %w", o.Checkpoint, err)}
	}
	about, err := describe(trained)
	if err != nil {
		return err
	}
	file, err := g.Encode(about)
	if err != nil {
		return err
	}
	if err := durable.WriteBytes(durable.OS, o.Out, file); err != nil {
		return err
	}
	fmt.Fprintf(o.Stdout, "%s: %s, %.1f MB; sides of images are multiples of %s px\n",
		o.Out, about.Name, float64(len(file))/1e6, about.Metadata["multiple"])
	for _, key := range []string{"tta", "post"} {
		if v := about.Metadata[key]; v != "" {
			fmt.Fprintf(o.Stdout, "segment also applies %s = %q, which is no part of the network: "+
				"docs/interchange.md\n", key, v)
		}
	}
	return nil
}

// describe returns what an exported file says of its network.
func describe(t training.Trained) (onnx.About, error) {
	config := t.Config
	architecture := config.Architecture.WithDefaults()
	about := onnx.About{
		Name: matrix.ArchitectureTitle(architecture),
		Metadata: map[string]string{
			"network":  matrix.ArchitectureTitle(architecture),
			"dataset":  config.Dataset.Name,
			"multiple": strconv.Itoa(architecture.Multiple()),
			"sha256":   t.Hash,
		},
	}
	for key, v := range map[string]any{"architecture": architecture, "recipe": t.Recipe} {
		text, err := json.Marshal(v)
		if err != nil {
			return onnx.About{}, fmt.Errorf("encode %s: %w", key, err)
		}
		about.Metadata[key] = string(text)
	}
	// what segment does besides, and a file of a network cannot
	for key, v := range map[string]string{"tta": config.Training.TTA, "post": config.Training.Post} {
		if v != "" {
			about.Metadata[key] = v
		}
	}
	classes := config.Dataset.Classes.Names()
	if t.Network().Outputs() == 1 {
		if len(classes) == 0 {
			classes = []string{"background", "foreground"}
		}
		cut := evaluate.DefaultThreshold
		if t.Chosen.Cut != 0 {
			cut = t.Chosen.Cut
		}
		about.Metadata["threshold"] = strconv.FormatFloat(cut, 'g', -1, 64)
	}
	names, err := json.Marshal(classes)
	if err != nil {
		return onnx.About{}, fmt.Errorf("encode classes: %w", err)
	}
	about.Metadata["classes"] = string(names)
	about.Doc = fmt.Sprintf("%s, trained on %s. Input: float32 [batch, %d, height, width], prepared as the metadata "+
		"entry recipe says; height and width are multiples of %d. Output: probabilities of %s.",
		about.Name, config.Dataset.Name, t.Channels(), architecture.Multiple(), outputs(classes))
	return about, nil
}

// outputs describes the maps of a network's output.
func outputs(classes []string) string {
	if len(classes) < 3 {
		return "the foreground"
	}
	return strings.Join(classes, ", ")
}

// inputOrMachine tells bad input from a machine that fails.
func inputOrMachine(err error) error {
	if durable.MachineFailed(err) {
		return err
	}
	return &BadInput{Err: err}
}
