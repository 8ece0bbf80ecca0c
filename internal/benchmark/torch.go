package benchmark

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"r2unet/internal/device/host"
)

//go:embed torch/r2unet.py torch/zoo.py
var scripts embed.FS

// writeScripts puts the scripts into a folder of their own, because Python wants files.
func writeScripts() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "r2unet-torch-")
	if err != nil {
		return "", nil, err
	}
	for _, name := range []string{"r2unet.py", "zoo.py"} {
		text, err := scripts.ReadFile("torch/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			os.RemoveAll(dir)
			return "", nil, err
		}
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// Torch is the PyTorch reference.
type Torch struct {
	// Python is the interpreter. Script is a path to run in place of the project's own script; "" is that.
	Python, Script string
	Threads        int
	// Device is "cuda" for PyTorch on the GPU of that number; for any other device it computes on the processor.
	Device string
	GPU    int
	// Fastest is Options.Fastest.
	Fastest bool
	// TF32 lets PyTorch's convolutions on a GPU use TF32, as they do by themselves.
	TF32 bool
	// BF16 runs PyTorch under autocast to bfloat16.
	BF16 bool
	// Compile measures it with torch.compile too, in a process of its own.
	Compile bool
	// PredictOnly leaves training out.
	PredictOnly bool
}

// Measure runs the reference on a case and returns its rows: one for each memory layout, and with Compile one more for
// each. The peak memory is the whole process's.
func (t Torch) Measure(ctx context.Context, c Case, runs int) ([]Row, error) {
	if t.BF16 && c.Matrix != "" {
		return nil, errors.New("compare with torch: in bf16 it computes the networks of -arch, not those of -config")
	}
	script, network := "r2unet.py", []string{"--arch", c.Arch, "--t", strconv.Itoa(c.T), "--weights", c.Weights}
	if c.Matrix != "" {
		script, network = "zoo.py", []string{c.Matrix, "--network", c.Network}
	}
	if c.Widths != nil {
		network = append(network, "--channels", strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Widths), " ", ","), "[]"))
	}
	if t.Script == "" {
		dir, remove, err := writeScripts()
		if err != nil {
			return nil, fmt.Errorf("compare with torch: %w", err)
		}
		defer remove()
		t.Script = filepath.Join(dir, script)
	}
	arguments := slices.Concat([]string{t.Script, "bench"}, network, []string{
		"--batch", strconv.Itoa(c.Batch), "--size", strconv.Itoa(c.Height), "--width", strconv.Itoa(c.Width),
		"--cin", strconv.Itoa(c.Channels), "--threads", strconv.Itoa(t.Threads), "--runs", strconv.Itoa(runs),
	})
	if t.PredictOnly {
		arguments = append(arguments, "--predict")
	}
	rows, err := t.run(ctx, arguments)
	if err != nil || !t.Compile {
		return rows, err
	}
	compiled, err := t.run(ctx, append(arguments, "--compile"))
	return append(rows, compiled...), err
}

// run is one process of Python and the rows that it prints.
func (t Torch) run(ctx context.Context, arguments []string) ([]Row, error) {
	command := exec.CommandContext(ctx, t.Python, arguments...)
	if t.Fastest {
		command.Args = append(command.Args, "--fastest")
	}
	if t.BF16 {
		command.Args = append(command.Args, "--bf16")
	}
	if t.Device == "cuda" {
		command.Args = append(command.Args, "--device", "cuda")
		gpu := strconv.Itoa(t.GPU) // of those that this process sees
		if visible := strings.Split(os.Getenv("CUDA_VISIBLE_DEVICES"), ","); visible[0] != "" && t.GPU < len(visible) {
			gpu = visible[t.GPU]
		}
		command.Env = append(os.Environ(), "CUDA_VISIBLE_DEVICES="+gpu)
		if !t.TF32 {
			command.Env = append(command.Env, "NVIDIA_TF32_OVERRIDE=0") // cuDNN and cuBLAS obey it
		}
	}
	var out, failure bytes.Buffer
	command.Stdout, command.Stderr = &out, &failure
	if err := command.Run(); err != nil {
		if strings.Contains(failure.String(), "No module named 'torch'") {
			return nil, fmt.Errorf("compare with torch: %s has no torch; -python names an interpreter that has",
				t.Python)
		}
		return nil, fmt.Errorf("compare with torch: %s %s: %w: %s",
			t.Python, t.Script, err, bytes.TrimSpace(failure.Bytes()))
	}
	var rows []Row
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var r Row
		if err := decoder.Decode(&r); err != nil {
			return nil, fmt.Errorf("read what %s printed: %w", t.Script, err)
		}
		r.PeakRSSBytes = host.PeakOf(command.ProcessState)
		rows = append(rows, r)
	}
	return rows, nil
}

// Ratio is how many times faster we are than PyTorch in its best mode, which is its better layout, and with -compile
// also the better of eager and compiled, by the medians of all rounds or the fastest one, and what share of its memory
// we take. Training and prediction each have a best mode of their own.
type Ratio struct {
	Compare string  `json:"compare"`
	Device  string  `json:"device"`
	Arch    string  `json:"arch"`
	T       int     `json:"t"`
	Weights string  `json:"weights"`
	Batch   int     `json:"batch"`
	Size    int     `json:"size"`
	Width   int     `json:"width,omitempty"`
	Rounds  int     `json:"rounds"`
	Train   float64 `json:"train_ratio,omitempty"`
	Infer   float64 `json:"infer_ratio"`
	PeakRSS float64 `json:"peak_rss_ratio"`
}

// Compare measures ours and PyTorch in turn, so that both meet the same disturbances. Each row goes to emit.
// PyTorch takes images of whole multiples, as the network needs them, where ours pads smaller ones itself.
func Compare(ctx context.Context, b *Bench, t Torch, rounds, runs int, emit func(any) error) (Ratio, error) {
	padded := b.Case
	padded.Height, padded.Width = up(b.Height, b.multiple), up(b.Width, b.multiple)
	t.PredictOnly = t.PredictOnly || !b.trains()
	var train, infer, peak [2][]float64 // ours, PyTorch's
	for range rounds {
		ours, err := b.Measure(ctx, runs)
		if err != nil {
			return Ratio{}, err
		}
		theirs, err := t.Measure(ctx, padded, runs)
		if err != nil {
			return Ratio{}, err
		}
		var best Row
		for _, r := range theirs {
			best.TrainSamplesPerS = max(best.TrainSamplesPerS, r.TrainSamplesPerS)
			best.InferSamplesPerS = max(best.InferSamplesPerS, r.InferSamplesPerS)
			if best.PeakRSSBytes == 0 || r.PeakRSSBytes < best.PeakRSSBytes { // the smaller process, if two were run
				best.PeakRSSBytes = r.PeakRSSBytes
			}
		}
		for i, r := range []Row{ours, best} {
			train[i] = append(train[i], r.TrainSamplesPerS)
			infer[i] = append(infer[i], r.InferSamplesPerS)
			peak[i] = append(peak[i], float64(r.PeakRSSBytes))
		}
		for _, r := range append([]Row{ours}, theirs...) {
			if err := emit(r); err != nil {
				return Ratio{}, err
			}
		}
	}
	of := b.row(b.device, b.threads)
	ratio := func(v [2][]float64) float64 { return middle(v[0]) / middle(v[1]) }
	if t.Fastest {
		ratio = func(v [2][]float64) float64 { return slices.Max(v[0]) / slices.Max(v[1]) }
	}
	result := Ratio{
		Compare: "torch", Device: b.device, Arch: of.Arch, T: of.T, Weights: of.Weights, Batch: b.Batch, Size: b.Height,
		Width: of.Width, Rounds: rounds, Infer: ratio(infer), PeakRSS: middle(peak[0]) / middle(peak[1]),
	}
	if !t.PredictOnly {
		result.Train = ratio(train)
	}
	return result, nil
}
