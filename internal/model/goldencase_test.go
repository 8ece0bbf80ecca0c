package model

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/checkpoint"
	"r2unet/internal/device"
	"r2unet/layers"
	"r2unet/layers/losses"
)

// goldenCase is one file: a configuration, and tensors that PyTorch computed in float64. The file has them rounded to
// float32, which costs results up to 6e-8; images, targets and initial weights were float32 before the computation
// began, so that they cost nothing.
type goldenCase struct {
	name   string
	file   *checkpoint.File
	config Config
}

func goldenCases(t *testing.T, folder string) []goldenCase {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.safetensors"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden cases in %s (%v)", folder, err)
	}
	blocks := map[string]string{
		"unet": "forward", "resunet": "residual", "runet": "recurrent", "r2unet": "recurrent-residual",
	}
	var cases []goldenCase
	for _, path := range paths {
		f, err := checkpoint.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		number := func(s string) int {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatalf("%s: metadata: %v", path, err)
			}
			return n
		}
		meta := f.Metadata
		a := arch.Config{
			Name: meta["arch"], Block: blocks[meta["arch"]], T: number(meta["t"]),
			Norm: layers.Normalization(meta["norm"]),
		}
		if a.T > 0 {
			a.Weights = layers.Sharing(meta["weights"])
		}
		if meta["toml"] != "" {
			settings := json.NewDecoder(strings.NewReader(meta["toml"]))
			settings.DisallowUnknownFields()
			a = arch.Config{Name: meta["arch"]}
			if err := settings.Decode(&a); err != nil {
				t.Fatalf("%s: metadata: %v", path, err)
			}
			a = a.WithDefaults()
		} else {
			for c := range strings.SplitSeq(meta["channels"], ",") {
				a.Channels = append(a.Channels, number(c))
			}
		}
		cases = append(cases, goldenCase{
			name: strings.TrimSuffix(filepath.Base(path), ".safetensors"), file: f,
			config: Config{Arch: a, InChannels: number(meta["in_channels"])},
		})
		if meta["classes"] != "" {
			config := &cases[len(cases)-1].config
			config.Classes = number(meta["classes"])
			if config.Loss, err = losses.Parse(meta["loss"]); err != nil {
				t.Fatalf("%s: metadata: %v", path, err)
			}
		}
	}
	return cases
}

func (c goldenCase) tensor(t *testing.T, name string) checkpoint.Tensor {
	t.Helper()
	x, ok := c.file.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	return x
}

// expected is what the file has for each result.
func (c goldenCase) expected(t *testing.T, results []result) []result {
	t.Helper()
	var out []result
	for _, r := range results {
		out = append(out, result{r.kind, r.name, wide(c.tensor(t, r.name).Data)})
	}
	return out
}

// result is one tensor that a device computed.
type result struct {
	kind kindOfResult
	name string // in the file
	data []float64
}

// compute does on a device what PyTorch did: logits, loss and gradients, three steps of Adam, logits in evaluation.
// On a device in float64, nothing is rounded to float32 on the way: values go in and out exactly, and Adam's rates
// are not those that Model writes, which are float32 (they would cost the weights 2e-11). before, if it is not nil,
// is called at the beginning of each of the four training passes.
func (c goldenCase) compute(t *testing.T, dev device.Device, before func(pass int)) []result {
	t.Helper()
	if before == nil {
		before = func(int) {}
	}
	run := goldenRun{t, c, dev, newModel(t, c.config, dev)}
	if err := run.m.Restore(run.start()); err != nil {
		t.Fatal(err)
	}
	out := []result{{ofLogits, "logits", run.logits(true)}}

	// A rate of 0 leaves the weights alone, the running statistics move.
	before(0)
	out = append(out, result{ofFirstLoss, "loss", []float64{run.train(0)}})
	grads := run.read(run.m.grads)
	for _, p := range run.m.params.Trainable {
		out = append(out, result{ofGradients, "grad." + p.Name, grads[p.Offset : p.Offset+p.Elements()]})
	}

	run.forgetMoments()
	var losses []float64
	for k := range 3 {
		before(1 + k)
		losses = append(losses, run.train(2e-4))
	}
	out = append(out, result{ofLosses, "adam.losses", losses})
	state := run.state()
	for _, name := range slices.Sorted(maps.Keys(state)) {
		data := state[name]
		if strings.Contains(name, ".running_") {
			out = append(out, result{ofRunning, "buffer." + name, data})
		} else {
			out = append(out, result{ofWeights, "adam." + name, data})
		}
	}
	return append(out, result{ofEvaluationLogits, "eval.logits", run.logits(false)})
}
