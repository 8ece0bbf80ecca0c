package segment

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/marks"
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
	if err := chosen.Save(training.Snapshot{Tensors: trained.Tensors, Chosen: training.Chosen{Cut: 0.25}}); err != nil {
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
				Settings: Settings{Threshold: c.given}, Checkpoints: []string{c.folder}, Images: []string{dir},
				Out: out, Device: "ref", Stdout: &output,
			})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(output.String(), "threshold") != (c.said != "") ||
				!strings.Contains(output.String(), c.said) {
				t.Errorf("said %q, want %q", output.String(), c.said)
			}
			m, ok, err := marks.Read(filepath.Join(out, "a"+maskEnding))
			if err != nil || !ok || m.Threshold != c.want {
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

// TestTemperatureOfTheCheckpointIsUsed for probabilities; the mask at 0.5 stays.
func TestTemperatureOfTheCheckpointIsUsed(t *testing.T) {
	folder := network(t, plain)
	dir, plainOut := t.TempDir(), filepath.Join(t.TempDir(), "plain")
	put(t, picture(t, 5, 4), dir, "a.png")
	segmented := func(out string) (said string, probabilities, mask []byte) {
		t.Helper()
		var output bytes.Buffer
		err := Run(t.Context(), Options{
			Checkpoints: []string{folder}, Images: []string{dir}, Out: out, Device: "ref", Stdout: &output,
		})
		if err != nil {
			t.Fatal(err)
		}
		return output.String(), pixels(t, out, "a"+probabilityEnding), pixels(t, out, "a"+maskEnding)
	}
	said, before, maskBefore := segmented(plainOut)
	if strings.Contains(said, "temperature") {
		t.Errorf("without a temperature it says %q", said)
	}
	rewritten(t, folder, func(f *checkpoint.File) { f.Metadata["temperature"] = "4" })
	said, after, maskAfter := segmented(filepath.Join(t.TempDir(), "calibrated"))
	if !strings.Contains(said, "probabilities at temperature 4, which the network's validation images have chosen") {
		t.Errorf("it says %q", said)
	}
	if !bytes.Equal(maskBefore, maskAfter) {
		t.Error("the mask changes")
	}
	for i := 0; i < len(before); i += 2 {
		level := func(pixels []byte) float64 { return record.LevelProbability(binary.BigEndian.Uint16(pixels[i:])) }
		want := []float32{float32(level(before))}
		evaluate.Calibrate(want, 4)
		if math.Abs(level(after)-float64(want[0])) > 1e-4 {
			t.Fatalf("pixel %d: %g becomes %g, want %g", i/2, level(before), level(after), want[0])
		}
	}
	for _, text := range []string{"0", "-1", "1000", "x", "NaN"} {
		rewritten(t, folder, func(f *checkpoint.File) { f.Metadata["temperature"] = text })
		if _, err := training.ReadTrained(filepath.Join(folder, record.CheckpointFile)); err == nil ||
			!strings.Contains(err.Error(), "its temperature is") {
			t.Errorf("a checkpoint with temperature %q: %v", text, err)
		}
	}
}

// pixels returns the pixels of a grey PNG file.
func pixels(t *testing.T, path ...string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	switch m := m.(type) {
	case *image.Gray16:
		return m.Pix
	case *image.Gray:
		return m.Pix
	}
	t.Fatalf("%v: %T", path, m)
	return nil
}

// TestBeyondTheFieldOfViewThereIsOnlyBackground, of several classes too.
func TestBeyondTheFieldOfViewThereIsOnlyBackground(t *testing.T) {
	var trained training.Trained
	trained.Config.Dataset.Classes = []datasets.Class{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	e := &Ensemble{members: []*member{{trained: trained}}}
	sample := &datasets.Sample{FOV: []uint8{1, 0}}
	sample.Width, sample.Height = 2, 1
	got := e.finish(nil, []input{{sample, 2, 1}}, [][]float32{{0.1, 0.1, 0.8, 0.8, 0.1, 0.1}})
	if got.Mask[0] != 1 || got.Mask[1] != 0 {
		t.Errorf("classes %v", got.Mask)
	}
}
