// Package archivetest writes small results folders like a sweep's, for tests of packages that read them.
package archivetest

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// Width and Height of the test images, px.
const (
	Width  = 192
	Height = 160
)

// networks of the sweep; a higher skill gives better predictions.
var networks = []struct {
	name, block string
	t           int
	skill       float64
}{
	{"U-Net", "forward", 0, 2.2},
	{"ResU-Net", "residual", 0, 2.4},
	{"RU-Net", "recurrent", 2, 2.6},
	{"R2U-Net", "recurrent-residual", 2, 3.0},
	{"R2U-Net", "recurrent-residual", 3, 3.1},
}

// Copy writes the same files as Sweep, which are made once per test program and then copied.
func Copy(t testing.TB, folder string, seed uint64) []string {
	t.Helper()
	drawn.Lock()
	defer drawn.Unlock()
	if drawn.ids[seed] == nil {
		once, err := os.MkdirTemp("", "sweep-*")
		if err != nil {
			t.Fatal(err)
		}
		drawn.folders[seed], drawn.ids[seed] = once, Sweep(t, once, seed)
	}
	if err := os.CopyFS(folder, os.DirFS(drawn.folders[seed])); err != nil {
		t.Fatal(err)
	}
	return drawn.ids[seed]
}

// Clean removes the files that Copy caches; TestMain calls it after all tests.
func Clean() {
	drawn.Lock()
	defer drawn.Unlock()
	for seed, folder := range drawn.folders {
		os.RemoveAll(folder)
		delete(drawn.folders, seed)
		delete(drawn.ids, seed)
	}
}

// drawn holds the sweeps that Copy copies, by seed.
var drawn = struct {
	sync.Mutex
	folders map[uint64]string
	ids     map[uint64][]string
}{folders: map[uint64]string{}, ids: map[uint64][]string{}}

// Sweep writes a sweep of five networks on each of two datasets, CHASE_DB1 and a phantom of ISIC 2017; one
// run on the phantom has failed and one is still running. It returns the IDs in the order of writing.
func Sweep(t testing.TB, folder string, seed uint64) []string {
	t.Helper()
	w := writer{t, folder, seed}
	var ids []string
	for _, dataset := range []string{"CHASE_DB1", "ISIC2017"} {
		phantom := dataset == "ISIC2017"
		images := w.samples(dataset, phantom, 6)
		for i, n := range networks {
			id := fmt.Sprintf("%s-%s-t%d", strings.ToLower(dataset), n.block, n.t)
			network := evaluate.Network{Block: n.block, T: n.t, Norm: "batch", Channels: []int{16, 32, 64, 128}}
			if n.t > 0 {
				network.Weights = "shared"
			}
			result := evaluate.Result{
				RunID: id, Status: evaluate.Finished, Dataset: dataset, Phantom: phantom,
				Architecture: n.name, Facets: network.Facets(),
				Folds: 1, Seed: 1, Parameters: 482449 + 100000*i, Epochs: 8, Threshold: 0.5,
			}
			result.Data = &evaluate.Data{
				Tested: 6, Test: 8, Train: 500, Patch: 48, Width: [2]int{Width, Width}, Height: [2]int{Height, Height},
				Observer: 1, Images: 28,
			}
			if !phantom {
				result.Data.Parts = []evaluate.Part{{Images: 28, Published: 28}}
			}
			switch {
			case phantom && i == 2:
				result.Status, result.Error = evaluate.Failed,
					"epoch 3, step 41: loss is NaN, first in encoder.2.units.0"
			case phantom && i == 4:
				result.Status = evaluate.Running
			}
			w.run(result, images, n.skill)
			ids = append(ids, id)
		}
	}
	return ids
}

type writer struct {
	t      testing.TB
	folder string
	seed   uint64
}

func (w writer) random(name string) *rand.Rand {
	h := w.seed
	for _, b := range []byte(name) {
		h = h*1099511628211 + uint64(b)
	}
	return rand.New(rand.NewPCG(w.seed, h))
}

// sample is a test image.
type sample struct {
	id         string
	truth, fov []uint8
}

// samples draws dark branching lines or a dark blob on a bright disc.
func (w writer) samples(dataset string, phantom bool, n int) []sample {
	var list []sample
	for k := range n {
		s := sample{fmt.Sprintf("Image_%02d", k+1), make([]uint8, Width*Height), nil}
		if !phantom {
			s.fov = make([]uint8, Width*Height)
		}
		random := w.random(dataset + s.id)
		phase, depth := random.Float64()*6, 10+random.Float64()*12
		input := image.NewRGBA(image.Rect(0, 0, Width, Height))
		for y := range Height {
			for x := range Width {
				i := y*Width + x
				dx, dy := float64(x-Width/2), float64(y-Height/2)
				inside := math.Hypot(dx, dy) < 76
				if s.fov != nil && inside {
					s.fov[i] = 1
				}
				if phantom {
					if math.Hypot(dx-depth, dy*1.3) < 34+6*math.Sin(4*math.Atan2(dy, dx)+phase) {
						s.truth[i] = 1
					}
				} else if inside {
					for b := range 5 {
						at := float64(b-2)*22 + depth*math.Sin(float64(x)/(17+4*float64(b))+phase+float64(b))
						if math.Abs(dy-at) < 1+0.5*float64(b) {
							s.truth[i] = 1
						}
					}
				}
				light := 150 - 40*math.Hypot(dx, dy)/96 + random.NormFloat64()*7 - 45*float64(s.truth[i])
				if s.fov != nil && !inside {
					light = 4
				}
				light = max(0, light)
				input.Set(x, y, color.RGBA{uint8(min(255, light*1.4)), uint8(light * 0.8), uint8(light * 0.45), 255})
			}
		}
		base := filepath.Join(w.folder, filepath.FromSlash(record.SampleFolder(dataset, phantom)))
		w.png(filepath.Join(base, record.Inputs, s.id+".png"), input)
		w.png(filepath.Join(base, record.Truths, s.id+".png"), binary(s.truth))
		if s.fov != nil {
			w.png(filepath.Join(base, record.FOVs, s.id+".png"), binary(s.fov))
		}
		list = append(list, s)
	}
	return list
}

func binary(mask []uint8) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, Width, Height))
	for i, v := range mask {
		m.Pix[i] = 255 * v
	}
	return m
}

// run writes the folder of one run.
func (w writer) run(result evaluate.Result, images []sample, skill float64) {
	folder := filepath.Join(w.folder, record.RunsFolder, result.RunID)
	epochs := result.Epochs
	if result.Status != evaluate.Finished {
		epochs = 3
	}
	w.history(folder, result.RunID, epochs, skill)
	cost := evaluate.Cost{
		Device: "cpu: test, 2 threads", TrainSeconds: 12 * skill, TrainSamplesPerSecond: 120 / skill,
		PeakMemoryBytes: 300 << 20,
		Inference: []evaluate.Inference{{
			Protocol: "whole", Width: Width, Height: Height, Samples: len(images), SecondsPerSample: 0.02 * skill,
		}},
	}
	if result.Status == evaluate.Finished {
		result.Measures = w.predict(folder, result.RunID, images, skill)
	}
	if result.Status == evaluate.Running {
		w.json(filepath.Join(folder, record.ProgressFile), record.Progress{
			Phase: "train", Epoch: 4, Epochs: 8, Step: 120, Steps: 500, Loss: 0.3127, SamplesPerSecond: 41.5,
			SecondsLeft: 95,
		})
	}
	w.json(filepath.Join(folder, record.TimingFile), cost)
	w.json(filepath.Join(folder, record.RunFile), map[string]any{
		"config": map[string]any{
			"training": map[string]any{"epochs": result.Epochs, "batch": 32, "rate": 0.0002}, "seed": result.Seed,
		},
		"dataset":  map[string]any{"images": len(images)},
		"versions": map[string]any{"go": "go1.26"},
		"result":   result,
	})
}

func (w writer) history(folder, id string, epochs int, skill float64) {
	random := w.random(id + "history")
	var rows strings.Builder
	rows.WriteString("epoch,train_loss,train_mse,train_accuracy,validation_loss,validation_mse,validation_accuracy\n")
	for e := range epochs {
		left := math.Exp(-float64(e+1) * skill / 8)
		fmt.Fprintf(&rows, "%d", e+1)
		for _, noise := range []float64{0.002, 0.006} {
			loss := 0.08 + 0.5*left + noise*random.NormFloat64()
			fmt.Fprintf(&rows, ",%.5f,%.5f,%.5f", loss, loss/4, 0.97-0.2*left+noise*random.NormFloat64())
		}
		rows.WriteString("\n")
	}
	w.file(filepath.Join(folder, record.HistoryFile), []byte(rows.String()))
}

// predict writes predictions and curves, and returns the measures.
func (w writer) predict(folder, id string, images []sample, skill float64) evaluate.Measures {
	collector := evaluate.NewCollector(evaluate.Options{})
	defer collector.Close()
	for k, s := range images {
		random := w.random(id + s.id)
		probabilities := make([]float32, Width*Height)
		picture := image.NewGray16(image.Rect(0, 0, Width, Height))
		for i := range probabilities {
			hint := float64(s.truth[i])
			if i%Width > 0 {
				hint = 0.7*hint + 0.3*float64(s.truth[i-1])
			}
			logit := (hint-0.5)*(2*skill-0.3*float64(k)) + random.NormFloat64()*1.1 - 0.8
			probabilities[i] = float32(1 / (1 + math.Exp(-logit)))
			picture.SetGray16(i%Width, i/Width, color.Gray16{Y: record.ProbabilityLevel(float64(probabilities[i]))})
		}
		if err := collector.Add(evaluate.Image{
			ID: s.id, Width: Width, Height: Height, Probabilities: probabilities, Truth: s.truth, FOV: s.fov,
		}); err != nil {
			w.t.Fatal(err)
		}
		w.png(filepath.Join(folder, record.PredictionsFolder, s.id+".png"), picture)
	}
	measures, err := collector.Measures()
	if err != nil {
		w.t.Fatal(err)
	}
	curves, err := collector.Curves()
	if err != nil {
		w.t.Fatal(err)
	}
	w.json(filepath.Join(folder, record.CurvesFile), curves)
	return measures
}

func (w writer) json(path string, v any) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		w.t.Fatal(err)
	}
	w.file(path, data)
}

func (w writer) file(path string, data []byte) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w writer) png(path string, m image.Image) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := png.Encode(file, m); err != nil {
		w.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		w.t.Fatal(err)
	}
}
