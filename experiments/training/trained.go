package training

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"

	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// Trained is a network read from a checkpoint: its configuration, the preparation of its images, and its tensors.
type Trained struct {
	Config  matrix.Run
	Recipe  datasets.Recipe
	Tensors []checkpoint.Tensor
	Chosen  Chosen
	Hash    string // of the checkpoint's content
}

// ReadTrained reads a checkpoint. The file may be untrusted: its content is checked before anything is built from it.
func ReadTrained(path string) (Trained, error) {
	file, err := readSealed(path)
	if err != nil {
		return Trained{}, err
	}
	state, best := splitBest(file.Tensors)
	t := Trained{Tensors: model.Weights(state), Hash: file.Metadata[checkpoint.HashKey]}
	if best != nil { // the settings select it
		t.Tensors = best
	}
	if t.Chosen, err = chosenOf(file); err != nil {
		return Trained{}, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	if err := json.Unmarshal([]byte(file.Metadata[metaConfig]), &t.Config); err != nil {
		return Trained{}, fmt.Errorf("checkpoint %s names no network: %w", path, err)
	}
	if err := json.Unmarshal([]byte(file.Metadata[metaRecipe]), &t.Recipe); err != nil {
		return Trained{}, fmt.Errorf("checkpoint %s does not say how images are prepared: %w", path, err)
	}
	if err := t.check(); err != nil {
		return Trained{}, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return t, nil
}

// ReadWeights reads weights to start from: of a checkpoint those that would be tested, or the tensors of a file of
// another program, such as PyTorch's. The file may be untrusted. Its bytes must have the SHA-256 hash, in hexadecimal.
func ReadWeights(path, hash string) ([]checkpoint.Tensor, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != hash {
		return nil, fmt.Errorf("%s has changed since the sweep began", path)
	}
	file, err := checkpoint.Decode(content)
	if err != nil {
		return nil, fmt.Errorf("read weights %s: %w", path, err)
	}
	state, best := splitBest(file.Tensors)
	tensors := model.Weights(state)
	if best != nil {
		tensors = best
	}
	for _, t := range tensors {
		if err := checkValues(t); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return tensors, nil
}

// Channels returns the number of input channels of the network.
func (t Trained) Channels() int { return len(t.Recipe.Normalization.Mean) }

// Network is what the model is made from that the tensors are of.
func (t Trained) Network() model.Config {
	return model.Config{
		Arch: t.Config.Architecture, InChannels: t.Channels(), Classes: len(t.Config.Dataset.Classes),
	}
}

// check returns an error if the tensors do not fit the configuration or the preparation of images is invalid.
func (t Trained) check() error {
	if err := matrix.CheckArchitecture(t.Config.Architecture); err != nil {
		return fmt.Errorf("its architecture: %w", err)
	}
	if err := t.Recipe.Check(); err != nil {
		return err
	}
	for _, tensor := range t.Tensors {
		if err := checkValues(tensor); err != nil {
			return err
		}
	}
	params, err := model.Parameters(t.Network())
	if err != nil {
		return fmt.Errorf("its architecture: %w", err)
	}
	values := 0
	for _, tensor := range t.Tensors {
		values += len(tensor.Data)
	}
	if params.Count() > values {
		return fmt.Errorf("it has %d values, but %s needs %d parameters",
			values, matrix.ArchitectureTitle(t.Config.Architecture), params.Count())
	}
	return nil
}

// largestValue is far above every value of a trained network; the squares of larger values overflow float32.
const largestValue = 1e18

// checkValues returns an error for the first value that would make the network compute nonsense: masks would be all
// white or all black without an explanation.
func checkValues(t checkpoint.Tensor) error {
	for i, v := range t.Data {
		switch {
		case !(math.Abs(float64(v)) <= largestValue):
			return fmt.Errorf("value %d of %d of tensor %s is %g: values of a trained network are numbers, none "+
				"beyond ±%g; take the checkpoint of another run",
				i+1, len(t.Data), t.Name, v, float64(largestValue))
		case v < 0 && strings.HasSuffix(t.Name, ".running_var"):
			return fmt.Errorf("value %d of %d of tensor %s is %g: a variance is not negative; take the checkpoint of "+
				"another run", i+1, len(t.Data), t.Name, v)
		}
	}
	return nil
}
