package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/marks"
	"r2unet/internal/checkpoint"
	"r2unet/internal/device/ref"
)

// members writes two networks of other weights and other preparation.
func members(t *testing.T) []string {
	t.Helper()
	other := plain
	other.Normalization = datasets.Normalization{Mean: []float64{0.2}, Deviation: []float64{0.7}}
	other.Size = datasets.Size{Width: 8, Height: 16}
	second := spoil(t, network(t, other), func(tensor *checkpoint.Tensor) {
		for i := range tensor.Data {
			tensor.Data[i] *= 1.5
		}
	})
	return []string{network(t, plain), second}
}

// TestEnsembleIsTheMeanOfWhatEachNetworkPredictsByItself, and its uncertainty their deviation, in any order.
func TestEnsembleIsTheMeanOfWhatEachNetworkPredictsByItself(t *testing.T) {
	folders := members(t)
	load := func(s Settings, folders ...string) *Ensemble {
		t.Helper()
		checkpoints, err := Checkpoints(folders)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Load(t.Context(), ref.New[float32](), checkpoints, s)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	m, err := files.Decode(t.Context(), picture(t, 13, 11))
	if err != nil {
		t.Fatal(err)
	}
	predict := func(e *Ensemble) *Prediction {
		t.Helper()
		p, err := e.Predict(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a, b := predict(load(Settings{}, folders[0])), predict(load(Settings{}, folders[1]))
	e := load(Settings{Uncertainty: true}, folders...)
	for range 2 { // the networks take turns in one place
		both := predict(e)
		for i, p := range both.Probabilities {
			x, y := float64(a.Probabilities[i]), float64(b.Probabilities[i])
			if p != float32((x+y)/2) || math.Abs(float64(both.Uncertainty[i])-math.Abs(x-y)/2) > 1e-7 {
				t.Fatalf("pixel %d: %g ± %g of %g and %g", i, p, both.Uncertainty[i], x, y)
			}
		}
		turned := predict(load(Settings{}, folders[1], folders[0]))
		if !slices.Equal(turned.Probabilities, both.Probabilities) {
			t.Error("the order of networks changes the mean")
		}
	}
	if e.Hash() != load(Settings{}, folders[1], folders[0]).Hash() {
		t.Error("the order of networks changes their name")
	}
}

// TestManyAtOnceGiveTheSameFilesInTheSameOrder, and what is asked for is there.
func TestManyAtOnceGiveTheSameFilesInTheSameOrder(t *testing.T) {
	checkpoints, dir := members(t), t.TempDir()
	for i := range 5 {
		put(t, picture(t, 9+i, 7), dir, string(rune('a'+i))+".png")
	}
	put(t, stack(3, 1), dir, "stack.tif")
	put(t, []byte("hello"), dir, "broken.png")
	var order [2]string
	var outs [2]string
	for i, jobs := range []int{1, 4} {
		var said bytes.Buffer
		outs[i] = filepath.Join(t.TempDir(), "out")
		_ = Run(t.Context(), Options{
			Settings:    Settings{Uncertainty: true, TTA: "flips", Post: "min-size(2)"},
			Checkpoints: checkpoints, Images: []string{filepath.Join(dir, "*")}, Out: outs[i], Jobs: jobs,
			Probabilities: "float", Overlay: true, Areas: true, Spacing: 0.5, Device: "ref", Stdout: &said,
		})
		for line := range strings.Lines(said.String()) {
			if name, _, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(line, "[") {
				order[i] += name + "\n"
			}
		}
	}
	if order[0] != order[1] || strings.Count(order[0], "\n") != 7 {
		t.Errorf("one at a time\n%s, four\n%s", order[0], order[1])
	}
	entries, err := os.ReadDir(outs[0])
	if err != nil || len(entries) != 8*4+1 {
		t.Fatalf("%d files, %v, want 4 of each of 8 pictures and a table", len(entries), err)
	}
	for _, e := range entries {
		one, err1 := os.ReadFile(filepath.Join(outs[0], e.Name()))
		many, err2 := os.ReadFile(filepath.Join(outs[1], e.Name()))
		if err1 != nil || err2 != nil || !bytes.Equal(one, many) {
			t.Errorf("%s differs, %v %v", e.Name(), err1, err2)
		}
	}
	table, err := os.ReadFile(filepath.Join(outs[0], AreasFile))
	if err != nil || strings.Count(string(table), "\n") != 9 ||
		!strings.HasPrefix(string(table), "image,page,class,name,") ||
		!strings.Contains(string(table), "\nstack.tif,2,1,foreground,") {
		t.Errorf("the table is\n%s%v", table, err)
	}
	head, ok, err := marks.Read(filepath.Join(outs[0], "a_probability.tif"))
	if err != nil || !ok || head.Kind != "probability" || head.TTA != "flips" || head.Post != "min-size(px=2)" {
		t.Errorf("mark %+v, %t, %v", head, ok, err)
	}
	floats, err := files.Picture(t.Context(), filepath.Join(outs[0], "a_probability.tif"))
	if err != nil || floats.Width != 9 || floats.Height != 7 || floats.Type.Bytes() != 4 {
		t.Fatalf("probabilities %+v, %v", floats, err)
	}
	if p := math.Float32frombits(binary.LittleEndian.Uint32(floats.Data)); !(p > 0 && p < 1) {
		t.Errorf("a probability is %g", p)
	}
}

func TestNetworksThatCannotBeAveragedAreRefused(t *testing.T) {
	one, other, again := network(t, plain), members(t)[1], t.TempDir()
	if err := os.CopyFS(again, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	classes := func(e *Ensemble) {
		e.members[1].trained.Config.Dataset.Classes = []datasets.Class{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	}
	for want, c := range map[string]struct {
		folders []string
		change  func(*Ensemble)
	}{
		"has the same content as":                {[]string{one, again}, nil},
		"the networks tell different classes":    {[]string{one, other}, classes},
		"-uncertainty: is the deviation of seve": {[]string{one}, func(e *Ensemble) { e.Uncertainty = true }},
		"the networks were tested with different tta": {
			[]string{one, other}, func(e *Ensemble) { e.members[0].trained.Config.Training.TTA = "flips" },
		},
	} {
		checkpoints, err := Checkpoints(c.folders)
		if err != nil {
			t.Fatal(err)
		}
		e, err := readAll(t.Context(), ref.New[float32](), checkpoints, Settings{})
		if err == nil && c.change != nil {
			c.change(e)
			err = e.agree()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestPhantomsAndUnfinishedRunsAreSaid where a network is described.
func TestPhantomsAndUnfinishedRunsAreSaid(t *testing.T) {
	for _, status := range []evaluate.Status{evaluate.Finished, evaluate.Running} {
		dir := rewritten(t, network(t, plain), func(f *checkpoint.File) {
			for key, text := range f.Metadata {
				f.Metadata[key] = strings.Replace(text, `"phantom":false`, `"phantom":true`, 1)
			}
		})
		put(t, fmt.Appendf(nil, `{"result": {"dataset": "DRIVE", "status": %q}}`, status), dir, record.RunFile)
		checkpoints, err := Checkpoints([]string{dir})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Load(t.Context(), ref.New[float32](), checkpoints, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if about := e.Describe(); !strings.Contains(about, "(phantom)") {
			t.Errorf("described as %q", about)
		}
		notes := strings.Join(e.Notes(), "\n")
		if said := strings.Contains(notes, "is not finished"); said != (status != evaluate.Finished) {
			t.Errorf("of a run that is %s: %q", status, notes)
		}
	}
}
