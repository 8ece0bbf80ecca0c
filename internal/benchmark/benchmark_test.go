package benchmark

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/host"
	"r2unet/internal/device/ref"
)

func small() Case {
	return Case{Arch: "r2unet", T: 2, Weights: "tied", Batch: 2, Channels: 1, Height: 8, Width: 8, Widths: []int{4, 6}}
}

func open(t *testing.T, c Case) *Bench {
	t.Helper()
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	b, err := New(c, dev, 1)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARowHasTheReferencesFields(t *testing.T) {
	row, err := open(t, small()).Measure(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"peer", "arch", "t", "weights", "batch", "size", "device", "threads", "params", "forward_gflop_per_sample",
		"train_samples_per_s", "train_gflops", "infer_samples_per_s", "infer_gflops", "peak_rss_bytes",
	} {
		if _, ok := fields[name]; !ok {
			t.Errorf("no field %q in %s", name, text)
		}
	}
	ratio := row.TrainGFLOPS / row.TrainSamplesPerS / row.ForwardGFLOPPerSample
	if ratio < 2.999 || ratio > 3.001 {
		t.Errorf("training counts %v times the forward operations, expected 3", ratio)
	}
}

func TestTheGoalsCasesHaveTheSpecifiedParameters(t *testing.T) {
	want := []int{482449, 554865, 557681, 557681, 1046129, 1047537, 557713}
	for i, c := range Table() {
		c.Batch, c.Height, c.Width = 2, 8, 8
		if got := open(t, c).model.Parameters(); got != want[i] {
			t.Errorf("%s t = %d %s with %d channels: %d parameters, expected %d",
				c.Arch, c.T, c.Weights, c.Channels, got, want[i])
		}
	}
}

func TestASizeThatCannotBeTrainedIsOnlyPredicted(t *testing.T) {
	c := small()
	c.Width = 9
	row, err := open(t, c).Measure(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if row.TrainSamplesPerS != 0 || row.InferSamplesPerS <= 0 || row.Width != 9 {
		t.Errorf("got %+v", row)
	}
}

func TestWrongCasesAreErrors(t *testing.T) {
	for want, change := range map[string]func(*Case){
		"resnet":       func(c *Case) { c.Arch = "resnet" },
		"t = 0":        func(c *Case) { c.T = 0 },
		"t = 1000000":  func(c *Case) { c.T = 1000000 },
		"both":         func(c *Case) { c.Weights = "both" },
		"a batch of 0": func(c *Case) { c.Batch = 0 },
	} {
		c := small()
		change(&c)
		if _, err := c.config(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("expected an error that says %q, got %v", want, err)
		}
	}
}

func TestOpsAccountForTheWholeStep(t *testing.T) {
	b := open(t, small())
	ops, err := b.Ops(context.Background(), 1, true, false)
	if err != nil {
		t.Fatal(err)
	}
	flops, found := 0.0, false
	for _, op := range ops {
		flops += op.GFLOP
		found = found || op.Name == "conv 3x3 weight gradient" && op.Calls > 0 && op.Seconds > 0
	}
	forward := 2 * b.model.ForwardFLOPs(8, 8) / 1e9
	// The first layer has no data gradient, and 1×1 convolutions are computed twice.
	if !found || flops < 2.5*forward || flops > 3.1*forward {
		t.Errorf("operators do %v GFLOP, the forward pass %v: %+v", flops, forward, ops)
	}
	var text bytes.Buffer
	if err := writeOps(&text, ops); err != nil || !strings.Contains(text.String(), "100.0 %") {
		t.Errorf("%v:\n%s", err, &text)
	}
}

// queue is a device that seems to compute beside its caller.
type queue struct {
	device.Device
	posted [][]float32
}

func (d *queue) Post(from device.Buffer) error {
	values := make([]float32, 3)
	d.posted = append(d.posted, values)
	return d.Read(values, from)
}

func (d *queue) Posted(bool) (posted [][]float32, err error) {
	posted, d.posted = d.posted, nil
	return posted, nil
}

func TestDevicesThatComputeBesideTheirCallerAreTimedThatWayToo(t *testing.T) {
	for _, queues := range []bool{false, true} {
		dev := device.Device(ref.New[float32]())
		if queues {
			dev = &queue{Device: dev}
		}
		b, err := New(small(), dev, 1)
		if err != nil {
			t.Fatal(err)
		}
		row, err := b.Measure(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		if (row.QueuedSamplesPerS > 0) != queues || row.Computes != dev.Describe() {
			t.Errorf("%+v", row)
		}
	}
}

func TestPythonWithoutTorchIsSaid(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for the reference is a shell script")
	}
	script := filepath.Join(t.TempDir(), "reference")
	text := "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1"
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Torch{Python: "sh", Script: script}.Measure(t.Context(), Case{Height: 8, Width: 8}, 1)
	if err == nil || err.Error() != "compare with torch: sh has no torch; -python names an interpreter that has" {
		t.Error(err)
	}
}

func TestPyTorchComputesOnTheSameDeviceInTheSamePrecision(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for the reference is a shell script")
	}
	script := filepath.Join(t.TempDir(), "reference")
	text := `case "$*" in *"--device cuda"*) device=cuda;; *) device=cpu;; esac
case "$*" in *--bf16*) bf16=" bf16";; esac
printf '{"peer": "torch", "device": "%s %s %s%s"}\n' "$device" "$CUDA_VISIBLE_DEVICES" "$NVIDIA_TF32_OVERRIDE" "$bf16"`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CUDA_VISIBLE_DEVICES", "5,7")
	t.Setenv("NVIDIA_TF32_OVERRIDE", "")
	for _, c := range []struct {
		torch Torch
		want  string
	}{
		{Torch{Device: "cpu"}, "cpu 5,7 "},
		{Torch{Device: "cuda", GPU: 1}, "cuda 7 0"},
		{Torch{Device: "cuda", TF32: true}, "cuda 5 "},
		{Torch{Device: "cpu", BF16: true}, "cpu 5,7  bf16"},
	} {
		c.torch.Python, c.torch.Script = "sh", script
		rows, err := c.torch.Measure(t.Context(), Case{
			Arch: "r2unet", T: 2, Weights: "tied", Batch: 2, Height: 8, Width: 8,
		}, 1)
		if err != nil || rows[0].Device != c.want {
			t.Errorf("%+v: %+v (%v), want %q", c.torch, rows, err, c.want)
		}
	}
}

func TestCompareTakesTheBetterLayout(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for the reference is a shell script")
	}
	script := filepath.Join(t.TempDir(), "reference")
	lines := ""
	for layout, speed := range map[string]float64{"nchw": 1e-3, "nhwc": 2e-3} {
		lines += fmt.Sprintf(`{"peer": "torch", "layout": %q, "train_samples_per_s": %v, "infer_samples_per_s": %v}`+
			"\n", layout, speed, 3*speed)
	}
	if err := os.WriteFile(script, []byte("cat <<'END'\n"+lines+"END\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := small()
	b := open(t, c)
	b.Case.Widths = nil // which the reference would not take
	var rows []any
	emit := func(row any) error { rows = append(rows, row); return nil }
	ratio, err := Compare(context.Background(), b, Torch{Python: "sh", Script: script, Threads: 1}, 3, 1, emit)
	if err != nil {
		t.Fatal(err)
	}
	var ours []float64
	for _, r := range rows {
		if r := r.(Row); r.Layout == "" {
			ours = append(ours, r.TrainSamplesPerS)
		}
	}
	slices.Sort(ours)
	if len(rows) != 9 || ratio.Train != ours[1]/2e-3 {
		t.Errorf("%d rows, ratio %v, ours %v", len(rows), ratio.Train, ours)
	}
	if _, err := (Torch{Python: "sh", Script: script + "-missing"}).Measure(context.Background(), b.Case,
		1); err == nil {
		t.Error("a missing reference is no error")
	}
}

func TestCompareTakesTheBetterOfEagerAndCompiledOnThePaddedImage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for the reference is a shell script")
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "reference")
	text := `echo "$*" >>` + filepath.Join(dir, "calls") + `
case "$*" in *--compile*) speed=5e-3;; *) speed=2e-3;; esac
printf '{"peer": "torch", "layout": "nchw", "infer_samples_per_s": %s}\n' $speed`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := small()
	c.Height, c.Width = 9, 15 // multiples of 2 hold them
	b := open(t, c)
	b.Case.Widths = nil
	var ours float64
	emit := func(row any) error {
		if r := row.(Row); r.Layout == "" {
			ours = r.InferSamplesPerS
		}
		return nil
	}
	ratio, err := Compare(t.Context(), b, Torch{Python: "sh", Script: script, Threads: 1, Compile: true}, 1, 1, emit)
	if err != nil {
		t.Fatal(err)
	}
	if ratio.Infer != ours/5e-3 || ratio.Train != 0 || ratio.Size != 9 || ratio.Width != 15 {
		t.Errorf("%+v with ours %v", ratio, ours)
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(calls)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "--size 10 --width 16 ") ||
		!strings.Contains(lines[0], "--predict") || lines[1] != lines[0]+" --compile" {
		t.Errorf("the reference was called with %q", lines)
	}
}

func TestPeakOfMemoryBelongsToItsCase(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can forget a peak")
	}
	large := make([]byte, 256<<20)
	for i := range large {
		large[i] = 1
	}
	before := host.Peak()
	runtime.KeepAlive(large)
	open(t, small())
	if after := host.Peak(); after > before-128<<20 { // half of it: earlier tests may have left something
		t.Errorf("the peak is %d MB after 256 of %d MB were given back and a case has begun", after>>20, before>>20)
	}
}
