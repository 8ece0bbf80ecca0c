package archivetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// Many writes n small runs on a phantom, like those of a search over settings: a hundred networks with many
// seeds each. Each record has the measures of as many images as a run on DRIVE, twenty; there are no
// pictures.
func Many(t testing.TB, folder string, n int) {
	t.Helper()
	collector := evaluate.NewCollector(evaluate.Options{})
	defer collector.Close()
	for i := range 20 {
		image := evaluate.Image{
			ID: fmt.Sprintf("%02d_test", i+1), Width: 4, Height: 1, Truth: []uint8{1, 0, 1, 0},
			Probabilities: []float32{0.9, 0.2, 0.6, 0.4 + float32(i)/50},
		}
		if err := collector.Add(image); err != nil {
			t.Fatal(err)
		}
	}
	measures, err := collector.Measures()
	if err != nil {
		t.Fatal(err)
	}
	w := writer{t: t, folder: folder}
	for i := range n {
		network, seed := i%100, uint64(i/100+1)
		id := fmt.Sprintf("drive-phantom-net-%d-seed%d", network, seed)
		result := evaluate.Result{
			RunID: id, Status: evaluate.Finished, Dataset: "DRIVE", Phantom: true,
			Architecture: fmt.Sprintf("Net %d", network),
			Facets:       evaluate.Network{Block: "forward", Norm: "batch", Channels: []int{4, 4 + network}}.Facets(),
			Folds:        1, Seed: seed, Parameters: 1000 + network, Epochs: 2, Threshold: 0.5, Measures: measures,
		}
		data, err := json.Marshal(map[string]any{
			"config": map[string]any{"seed": seed}, "dataset": map[string]any{"hash": "0123456789abcdef"},
			"result": result,
		})
		if err != nil {
			t.Fatal(err)
		}
		run := filepath.Join(folder, record.RunsFolder, id)
		w.file(filepath.Join(run, record.RunFile), data)
		w.json(filepath.Join(run, record.TimingFile), evaluate.Cost{Device: "cpu: test"})
		w.history(run, id, 2, 2)
	}
	if err := os.MkdirAll(filepath.Join(folder, record.TablesFolder), 0o755); err != nil {
		t.Fatal(err)
	}
}
