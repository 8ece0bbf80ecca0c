package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"r2unet/experiments"
	"r2unet/experiments/export"
	"r2unet/experiments/segment"
	"r2unet/experiments/training"
	"r2unet/internal/cli/clitest"
	"r2unet/internal/torchtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"export": main})
}

// networks of three styles, and three ways to prepare images, are trained for a moment.
const networks = `
[[architecture]]
name = "R2U-Net"
block = "recurrent-residual"
t = 2
channels = [2, 4]

[[architecture]]
name = "lwnet"
style = "wnet"
block = "shortcut"
skip = "bridge"
order = "activation-norm"
channels = [2, 4]

[[architecture]]
name = "SegNet"
style = "segnet"
block = "forward"
norm = "group(groups=2)"
channels = [2, 4]

[[dataset]]
name = "DRIVE"
input = "green"
clahe = 2
normalize = "image"
patch = 16
patches = 64
validation-patches = 8
phantom-images = 4
phantom-shrink = 4

[[dataset]]
name = "CHASE_DB1"
input = "rgb"
gamma = 1.2
patch = 16
patches = 64
validation-patches = 8
phantom-images = 8
phantom-shrink = 8

[[dataset]]
name = "ISIC2017"
size = 32
phantom-images = 12
phantom-shrink = 4

[[experiment]]
name = "all"

[profile.tiny]
epochs = 1
batch = 4
learning-rate = 1e-2
`

// trained runs them and returns the results folder.
func trained(t *testing.T, only string) string {
	t.Helper()
	out := t.TempDir()
	o := experiments.Options{
		Config: "tiny.toml", Text: networks, Profile: "tiny", Out: out, Only: only, Device: "cpu", Threads: 1, Seed: 1,
		Stdout: io.Discard,
	}
	if err := experiments.Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, "tiny")
}

func TestScripts(t *testing.T) {
	results := trained(t, "arch=R2U-Net,dataset=DRIVE")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			runs, err := filepath.Glob(filepath.Join(results, "runs", "*"))
			if err != nil || len(runs) != 1 {
				return errors.Join(err, errors.New("expected one run"))
			}
			return os.CopyFS(filepath.Join(env.WorkDir, "results", "runs", "drive"), os.DirFS(runs[0]))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": clitest.Exits},
	})
}

// job is an entry of what testdata/compare.py takes.
type job struct {
	Network string `json:"network"`
	Ours    string `json:"ours"`
	Saved   string `json:"saved"`
}

// TestPyTorchPredictsAsSegment compares predict.py on checkpoints with segment, and gives segment the checkpoints that
// PyTorch has written. Decoders of JPEG differ in the last levels of a pixel, which shows in the second number.
func TestPyTorchPredictsAsSegment(t *testing.T) {
	python := torchtest.Python{Variable: "R2UNET_TORCH_PYTHON", Modules: "torch, numpy, PIL"}
	python.Find(t)
	images, jobs := segmented(t)
	for i := range jobs {
		jobs[i].Saved = filepath.Join(t.TempDir(), "saved.safetensors")
	}
	compare(t, python, images, jobs)
	for _, j := range jobs {
		again := filepath.Join(t.TempDir(), "again")
		o := segment.Options{
			Checkpoints: []string{j.Saved}, Images: []string{images}, Out: again, Device: "cpu", Threads: 1,
		}
		if err := segment.Run(t.Context(), o); err != nil {
			t.Fatalf("%s: %v", j.Network, err)
		}
		first, second := decode(t, j.Ours), decode(t, again)
		for name, want := range first {
			if string(second[name]) != string(want) {
				t.Errorf("%s: %s changed by way of PyTorch", j.Network, name)
			}
		}
		content, err := os.ReadFile(j.Saved)
		if err != nil {
			t.Fatal(err)
		}
		hash := sha256.Sum256(content) // as for init
		if weights, err := training.ReadWeights(j.Saved, hex.EncodeToString(hash[:])); err != nil || len(weights) == 0 {
			t.Errorf("%s: %d weights, %v", j.Network, len(weights), err)
		}
	}
}

// TestONNXPredictsAsSegment compares predict.py on exported networks with segment.
func TestONNXPredictsAsSegment(t *testing.T) {
	python := torchtest.Python{Variable: "R2UNET_ONNX_PYTHON", Modules: "onnxruntime, numpy, PIL"}
	python.Find(t)
	images, jobs := segmented(t)
	for i, j := range jobs {
		jobs[i].Network = filepath.Join(t.TempDir(), filepath.Base(filepath.Dir(j.Network)), "network.onnx")
		if err := os.Mkdir(filepath.Dir(jobs[i].Network), 0o777); err != nil {
			t.Fatal(err)
		}
		o := export.ONNXOptions{Checkpoint: j.Network, Out: jobs[i].Network, Stdout: io.Discard}
		if err := export.ONNX(o); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, python, images, jobs)
}

// segmented trains all networks and applies them to two pictures, a.png and b.jpg.
func segmented(t *testing.T) (images string, jobs []job) {
	t.Helper()
	images = t.TempDir()
	draw(t, filepath.Join(images, "a.png"), func(w io.Writer, m image.Image) error { return png.Encode(w, m) })
	draw(t, filepath.Join(images, "b.jpg"), func(w io.Writer, m image.Image) error {
		return jpeg.Encode(w, m, &jpeg.Options{Quality: 90})
	})
	runs, err := filepath.Glob(filepath.Join(trained(t, ""), "runs", "*", "checkpoint.safetensors"))
	if err != nil || len(runs) != 9 {
		t.Fatal(runs, err)
	}
	for _, checkpoint := range runs {
		j := job{Network: checkpoint, Ours: filepath.Join(t.TempDir(), "ours")}
		o := segment.Options{
			Checkpoints: []string{checkpoint}, Images: []string{images}, Out: j.Ours, Device: "cpu", Threads: 1,
		}
		if err := segment.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	return images, jobs
}

// draw writes a picture of odd sides with an edge, a gradient and fine lines.
func draw(t *testing.T, path string, encode func(io.Writer, image.Image) error) {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 61, 45))
	for y := range 45 {
		for x := range 61 {
			wave := 90 + 60*math.Sin(float64(x*y)/40) + float64(x)
			if x > y+10 {
				wave /= 2
			}
			m.SetNRGBA(x, y, color.NRGBA{uint8(wave), uint8(0.8 * wave), uint8(40 + wave/3), 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(encode(f, m), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// compare runs testdata/compare.py. A level of segment's pictures is 1.5e-5; a pixel whose prepared intensity rounds
// to another of 65,536 levels can differ by more.
func compare(t *testing.T, python torchtest.Python, images string, jobs []job) {
	t.Helper()
	list, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	var found []map[string][2]float64
	python.Run(t, "testdata/compare.py", &found, "../../internal/benchmark/torch", images, string(list))
	if len(found) != len(jobs) {
		t.Fatalf("%d results of %d", len(found), len(jobs))
	}
	for i, f := range found {
		name := filepath.Base(filepath.Dir(jobs[i].Network))
		if largest, mean := f["a.png"][0], f["a.png"][1]; len(f) != 2 || largest > 5e-4 || mean > 1e-5 {
			t.Errorf("%s: PNG differs by up to %.1e, %.1e in the mean", name, largest, mean)
		}
		if mean := f["b.jpg"][1]; mean > 0.1 { // SegNet moves values to other pixels
			t.Errorf("%s: JPEG differs by %.1e in the mean", name, mean)
		}
		t.Logf("%-40s PNG %.1e, mean %.1e; JPEG %.1e, mean %.1e",
			name, f["a.png"][0], f["a.png"][1], f["b.jpg"][0], f["b.jpg"][1])
	}
}

// decode returns the pixels of the PNG files in a folder by name, without what else the files hold.
func decode(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(paths) != 4 {
		t.Fatal(paths, err)
	}
	pixels := map[string][]byte{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				r, _, _, _ := m.At(x, y).RGBA()
				text.WriteByte(byte(r >> 8))
				text.WriteByte(byte(r))
			}
		}
		pixels[filepath.Base(path)] = []byte(text.String())
	}
	return pixels
}
