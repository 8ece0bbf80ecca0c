package segment

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/record"
	"r2unet/experiments/training"
	"r2unet/internal/checkpoint"
	"r2unet/internal/durable"
)

// TestThresholdIsTheCheckpointsUnlessOneIsGiven: results say which one it was.
func TestThresholdIsTheCheckpointsUnlessOneIsGiven(t *testing.T) {
	folder := network(t, plain)
	trained, err := training.ReadTrained(filepath.Join(folder, record.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	run := trained.Config
	run.Training.Threshold = "validation"
	chosen := training.Store{FS: durable.OS, Dir: t.TempDir(), Identity: training.Identity{Config: run, Recipe: plain}}
	if err := chosen.Save(training.Snapshot{Tensors: trained.Tensors, Cut: 0.25}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		folder      string
		given, want float64
		said        string
	}{
		"chosen":            {chosen.Dir, 0, 0.25, "threshold 0.25, which the network's validation images have chosen"},
		"chosen, and given": {chosen.Dir, 0.75, 0.75, ""},
		"none":              {folder, 0, 0.5, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			put(t, picture(t, 5, 4), dir, "a.png")
			var output bytes.Buffer
			err := Run(t.Context(), Options{
				Checkpoint: c.folder, Images: dir, Out: out, Threshold: c.given, Device: "ref", Stdout: &output,
			})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(output.String(), "threshold") != (c.said != "") ||
				!strings.Contains(output.String(), c.said) {
				t.Errorf("said %q, want %q", output.String(), c.said)
			}
			if m, ok, err := readMark(filepath.Join(out, "a"+maskEnding)); err != nil || !ok || m.Threshold != c.want {
				t.Errorf("the result has the threshold %g (%t, %v), want %g", m.Threshold, ok, err, c.want)
			}
		})
	}
	for _, text := range []string{"0", "1.5", "x", "NaN"} {
		rewritten(t, chosen.Dir, func(f *checkpoint.File) { f.Metadata["threshold"] = text })
		if _, err := training.ReadTrained(filepath.Join(chosen.Dir, record.CheckpointFile)); err == nil ||
			!strings.Contains(err.Error(), "its threshold is") {
			t.Errorf("a checkpoint with threshold %q: %v", text, err)
		}
	}
}
