package training

import (
	"encoding/json"
	"testing"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/internal/checkpoint"
)

// FuzzTrained: whatever a stranger's checkpoint says of its network, it is refused or can be built, without a panic and without
// building something that is larger than the file.
func FuzzTrained(f *testing.F) {
	run, err := json.Marshal(matrix.Run{Architecture: arch.Config{Name: "U-Net", Block: "forward", Norm: "batch", Channels: []int{2}}})
	if err != nil {
		f.Fatal(err)
	}
	recipe, err := json.Marshal(datasets.Recipe{Input: "grey", Normalization: datasets.Normalization{Mean: []float64{0.5}, Deviation: []float64{0.1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(run), string(recipe))
	f.Add(`{"architecture":{"name":"x","block":"recurrent","t":1000000000,"weights":"per-step","norm":"none","channels":[1]}}`, string(recipe))
	f.Add(`{"architecture":{"name":"x","block":"forward","norm":"batch","channels":[4096,4096,4096]}}`, string(recipe))
	f.Add(string(run), `{"size":-1,"normalization":{"mean":[1e308],"deviation":[0]}}`)
	f.Fuzz(func(t *testing.T, config, recipe string) {
		trained := Trained{Tensors: []checkpoint.Tensor{{Name: "w", Shape: []int{4000}, Data: make([]float32, 4000)}}}
		if json.Unmarshal([]byte(config), &trained.Config) != nil || json.Unmarshal([]byte(recipe), &trained.Recipe) != nil {
			return
		}
		if trained.check() == nil && trained.Channels() == 0 {
			t.Error("a network without input channels was taken")
		}
	})
}

// FuzzSnapshot: whatever a checkpoint's metadata say, taking the state out of it gives the state or an error.
func FuzzSnapshot(f *testing.F) {
	id := Identity{Config: testRun, Data: "x"}
	file, err := id.file(at(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file.Metadata[metaConfig], file.Metadata[metaPosition])
	f.Add(`{}`, `{"epoch":-1}`)
	f.Add(file.Metadata[metaConfig], `{"epoch":9223372036854775807,"history":[{},{}]}`)
	f.Fuzz(func(t *testing.T, config, position string) {
		file.Metadata[metaConfig], file.Metadata[metaPosition] = config, position
		snap, err := id.snapshot(file)
		if err == nil && len(snap.Position.History) != snap.Position.Epoch {
			t.Errorf("epoch %d with %d entries of history", snap.Position.Epoch, len(snap.Position.History))
		}
	})
}
