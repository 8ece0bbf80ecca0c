package mlflow

import (
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"r2unet/evaluate"
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
		Artifacts          map[string]string
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
		history, err := os.ReadFile(filepath.Join("../../results/reference/quick/runs", r.ID, "history.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"history.csv": string(history)}, got.Artifacts); diff != "" {
			t.Errorf("%s: artifacts (-ours +MLflow):\n%s", r.ID, diff)
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

// TestStoreHasTheLayoutOfMLflow, read without MLflow: the numbers of states, parameters, tags and metrics of each run,
// a metric in lines of time, value and step.
func TestStoreHasTheLayoutOfMLflow(t *testing.T) {
	s := reference(t)
	status := map[evaluate.Status]string{evaluate.Finished: "3", evaluate.Failed: "4", evaluate.Running: "1"}
	for state, number := range status {
		for _, r := range s.Runs {
			r.Result.Status = state
		}
		files, err := Files(s, "/mlruns")
		if err != nil {
			t.Fatal(err)
		}
		found, runs := map[string]string{}, map[string]string{} // folders of runs by their names
		for _, f := range files {
			found[f.Path] = string(f.Content)
			if _, name, ok := strings.Cut(string(f.Content), "\nrun_name: "); ok {
				name, _, _ = strings.Cut(name, "\n")
				runs[name] = path.Dir(f.Path)
			}
		}
		for _, r := range s.Runs {
			folder := runs[strconv.Quote(r.ID)]
			meta := found[folder+"/meta.yaml"]
			end := strconv.FormatInt(r.Written.UnixMilli(), 10)
			if state == evaluate.Running {
				end = "null"
			}
			for _, line := range []string{
				"status: " + number, "end_time: " + end, fmt.Sprintf("start_time: %d", r.Started.UnixMilli()),
			} {
				if !strings.Contains(meta, line+"\n") {
					t.Errorf("%s, %s: no line %q in\n%s", r.ID, state, line, meta)
				}
			}
			for key, value := range r.Settings() {
				if got := found[folder+"/params/"+safe(key)]; got != value {
					t.Errorf("%s: %s is %q, want %q", r.ID, key, got, value)
				}
			}
			if got := found[folder+"/tags/network"]; got != r.Result.Label() {
				t.Errorf("%s: the network is %q", r.ID, got)
			}
			want := map[string]string{} // without times
			for _, e := range r.History {
				for name, v := range e.Columns() {
					want[name] += fmt.Sprintf("%v %d\n", v, e.Epoch)
				}
			}
			for name, v := range archive.Measured(&r.Result) {
				want["test_"+name] = fmt.Sprintf("%v %d\n", v, r.Result.Epochs)
			}
			got := map[string]string{}
			for file, content := range found {
				name, ok := strings.CutPrefix(file, folder+"/metrics/")
				for line := range strings.Lines(content) {
					if at, rest, _ := strings.Cut(line, " "); ok {
						got[name] += rest
						if n, err := strconv.ParseInt(at, 10, 64); err != nil || n <= r.Started.UnixMilli() ||
							n > r.Written.UnixMilli() {
							t.Errorf("%s: %s is at %s", r.ID, name, at)
						}
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: metrics (-ours +store):\n%s", r.ID, state, diff)
			}
		}
	}
}

func TestParametersStayInTheirFolder(t *testing.T) {
	for key, want := range map[string]string{
		"training/batch": "training/batch", "a//b": "a__b", "../b": ".._b", "/a": "_a", "µ=1": "__1", "a/./b": "a_._b",
	} {
		if got := safe(key); got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
}
