package training

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/internal/alloctest"
	"r2unet/internal/checkpoint"
)

// largestGraph is the largest allowed cost of building a network's graph, in bytes: the largest possible, ten levels of
// a hundred steps, takes 44 million.
const largestGraph = 64 << 20

// FuzzTrained: a network that an untrusted checkpoint describes is refused with an error that names the file, or can be
// built and has no more parameters than the file has values.
func FuzzTrained(f *testing.F) {
	run, err := json.Marshal(matrix.Run{Architecture: arch.Config{
		Name: "U-Net", Block: "forward", Norm: "batch", Channels: []int{2},
	}})
	if err != nil {
		f.Fatal(err)
	}
	recipe, err := json.Marshal(datasets.Recipe{
		Input: "grey", Normalization: datasets.Normalization{Mean: []float64{0.5}, Deviation: []float64{0.1}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(run), string(recipe))
	f.Add(
		`{"architecture":{"name":"x","block":"recurrent","t":1000000000,"weights":"per-step","norm":"none","channels":[1]}}`,
		string(recipe))
	f.Add(`{"architecture":{"name":"x","block":"forward","norm":"batch","channels":[4096,4096,4096]}}`, string(recipe))
	f.Add(string(run), `{"size":-1,"normalization":{"mean":[1e308],"deviation":[0]}}`)
	path := filepath.Join(f.TempDir(), record.CheckpointFile)
	f.Fuzz(func(t *testing.T, config, recipe string) {
		write(t, path, &checkpoint.File{
			Metadata: map[string]string{metaConfig: config, metaRecipe: recipe},
			Tensors:  []checkpoint.Tensor{{Name: "w", Shape: []int{4000}, Data: make([]float32, 4000)}},
		})
		var trained Trained
		var err error
		alloctest.AtMost(t, 256*(len(config)+len(recipe))+largestGraph, func() { trained, err = ReadTrained(path) })
		switch {
		case err != nil && !strings.Contains(err.Error(), path):
			t.Errorf("the error does not name the file: %v", err)
		case err == nil && trained.Channels() != 1 && trained.Channels() != 3:
			t.Errorf("a network of %d input channels was taken", trained.Channels())
		}
	})
}

// FuzzSnapshot: resuming from any checkpoint metadata gives a valid state or an error that names the file, at a cost
// proportional to what was read.
func FuzzSnapshot(f *testing.F) {
	store := testStore(f.TempDir())
	file, err := store.Identity.file(at(3))
	if err != nil {
		f.Fatal(err)
	}
	own := file.Metadata[metaConfig] // used in place of an empty one
	f.Add("", file.Metadata[metaPosition])
	f.Add(`{}`, `{"epoch":-1}`)
	f.Add("", `{"epoch":9223372036854775807,"history":[{},{}]}`)
	path := filepath.Join(store.Dir, record.CheckpointFile)
	f.Fuzz(func(t *testing.T, config, position string) {
		file.Metadata[metaConfig], file.Metadata[metaPosition] = cmp.Or(config, own), position
		write(t, path, file)
		var snap Snapshot
		var found bool
		var err error
		alloctest.AtMost(t, 256*(len(config)+len(position)), func() {
			snap, found, err = store.Load(func(text string) { t.Errorf("warning: %s", text) })
		})
		switch {
		case err != nil && !strings.Contains(err.Error(), path):
			t.Errorf("the error does not name the file: %v", err)
		case err == nil && !found:
			t.Error("the checkpoint was not found")
		case err == nil && (len(snap.Position.History) != snap.Position.Epoch || snap.Position.Epoch < 0 ||
			snap.Position.Step < 0):
			t.Errorf("epoch %d, step %d with %d entries of history",
				snap.Position.Epoch, snap.Position.Step, len(snap.Position.History))
		}
	})
}

// write writes a checkpoint file, sealed.
func write(t *testing.T, path string, file *checkpoint.File) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Encode(f, file); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
