package mlflow

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"r2unet/evaluate/archive"
	"r2unet/internal/torchtest"
)

func reference(t *testing.T) *archive.Sweep {
	t.Helper()
	s, err := archive.Open("../../results/reference/quick")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestMLflowReadsTheSameNumbers(t *testing.T) {
	s, folder := reference(t), t.TempDir()
	files, err := Files(s, folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		to := filepath.Join(folder, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, f.Content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var read map[string]struct {
		Experiment, Status string
		Params, Tags       map[string]string
		Metrics            map[string][][2]float64
		Seconds            float64
	}
	torchtest.Python{Variable: "R2UNET_ONNX_PYTHON", Modules: "mlflow"}.Run(t, "testdata/read.py", &read, folder)
	if len(read) != len(s.Runs) {
		t.Fatalf("MLflow has %d of %d runs", len(read), len(s.Runs))
	}
	for _, r := range s.Runs {
		got := read[r.ID]
		if got.Experiment != "quick" || got.Status != "FINISHED" ||
			math.Abs(got.Seconds-r.Written.Sub(r.Started).Seconds()) > 0.002 {
			t.Errorf("%s: experiment %q, %s, %g s", r.ID, got.Experiment, got.Status, got.Seconds)
		}
		if diff := cmp.Diff(r.Settings(), got.Params); diff != "" {
			t.Errorf("%s: parameters (-ours +MLflow):\n%s", r.ID, diff)
		}
		if got.Tags["network"] != r.Result.Label() || got.Tags["dataset"] != r.Result.Dataset {
			t.Errorf("%s: tags %v", r.ID, got.Tags)
		}
		want := map[string][][2]float64{}
		for _, e := range r.History {
			for name, v := range e.Columns() {
				want[name] = append(want[name], [2]float64{float64(e.Epoch), v})
			}
		}
		for name, v := range archive.Measured(&r.Result) {
			want["test_"+name] = [][2]float64{{float64(r.Result.Epochs), v}}
		}
		if diff := cmp.Diff(want, got.Metrics); diff != "" {
			t.Errorf("%s: metrics (-ours +MLflow):\n%s", r.ID, diff)
		}
	}
}

// TestSameRecordGivesTheSameStore: writing a sweep again must not make second runs of its runs.
func TestSameRecordGivesTheSameStore(t *testing.T) {
	s := reference(t)
	files := func() map[string]string {
		list, err := Files(s, "/mlruns")
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, f := range list {
			if _, twice := out[f.Path]; twice {
				t.Errorf("%s is written twice", f.Path)
			}
			out[f.Path] = string(f.Content)
		}
		return out
	}
	first := files()
	if diff := cmp.Diff(first, files()); diff != "" {
		t.Error(diff)
	}
	metas := 0
	for name := range first {
		if strings.HasSuffix(name, "/meta.yaml") {
			metas++
		}
	}
	if metas != 1+len(s.Runs) {
		t.Errorf("%d descriptions of %d runs", metas, len(s.Runs))
	}
}
