package experiments

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/device/host"
)

// manyRuns is a matrix of so many hundred runs: five networks on twenty folds of STARE, for each seed.
func manyRuns(hundreds int) string {
	var b strings.Builder
	for _, c := range []string{"[2, 4]", "[2, 8]", "[4, 8]", "[4, 16]", "[8, 16]"} {
		fmt.Fprintf(&b, "[[architecture]]\nname = \"U-Net %s\"\nblock = \"forward\"\nchannels = %s\n\n",
			strings.Trim(strings.ReplaceAll(c, ", ", "-"), "[]"), c)
	}
	b.WriteString("[[dataset]]\nname = \"STARE\"\npatch = 16\npatches = 8\nvalidation-patches = 4\n" +
		"phantom-shrink = 4\n\n[[experiment]]\nname = \"all\"\nseeds = [1")
	for seed := 2; seed <= hundreds; seed++ {
		fmt.Fprintf(&b, ", %d", seed)
	}
	b.WriteString("]\n\n[profile.two]\nepochs = 2\nbatch = 4\nlearning-rate = 1e-3\n")
	return b.String()
}

// drawRuns writes a finished run for each job of a sweep, with the measures of twenty images and the curves of a real
// one, but without checkpoints and pictures, and returns how many there are.
func drawRuns(t testing.TB, o Options) int {
	t.Helper()
	s, jobs, _, err := begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.session.device.Close()
	if err := s.session.findFolder(jobs); err != nil {
		t.Fatal(err)
	}
	collector := evaluate.NewCollector(evaluate.Options{})
	defer collector.Close()
	for i := range 20 {
		image := evaluate.Image{ID: fmt.Sprintf("im%04d", i+1), Width: 64, Height: 64}
		for p := range image.Width * image.Height {
			image.Truth = append(image.Truth, uint8(p*(i+3)/7%3/2))
			image.Probabilities = append(image.Probabilities, float32(p*7919%4096)/4096)
		}
		if err := collector.Add(image); err != nil {
			t.Fatal(err)
		}
	}
	measures, err := collector.Measures()
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := collector.Curves()
	if err != nil {
		t.Fatal(err)
	}
	curves, err := json.MarshalIndent(drawn, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if err := os.MkdirAll(j.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		result := newResult(j, evaluate.Finished)
		result.Measures, result.Kernels = measures, s.session.device.Arithmetic()
		result.DataHash = evaluate.ShortHash(j.dataset.Facts().Hash)
		facts := j.dataset.Facts()
		facts.Splits = nil
		r := Record{
			Config: j.run, Dataset: facts, Split: j.fold.Split, Tested: j.tested, Result: result,
			Versions: currentVersions(),
		}
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		timing, err := json.Marshal(Timing{Cost: evaluate.Cost{Device: "cpu: drawn", TrainSeconds: 60}})
		if err != nil {
			t.Fatal(err)
		}
		var history strings.Builder
		epochs := []record.Epoch{
			{Epoch: 1, TrainLoss: 0.7, TrainAccuracy: 0.5}, {Epoch: 2, TrainLoss: 0.6, TrainAccuracy: 0.8},
		}
		if err := record.WriteHistory(&history, epochs); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{
			record.RunFile: text, record.TimingFile: timing, record.CurvesFile: curves,
			record.HistoryFile: []byte(history.String()),
		} {
			if err := os.WriteFile(filepath.Join(j.dir, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return len(jobs)
}

// TestManyRunsAreCollected draws MANY_RUNS hundreds of runs, or a few, into MANY_FOLDER, or a temporary one, and says
// how long collecting them takes.
func TestManyRunsAreCollected(t *testing.T) {
	o := inProcess(t, manyRuns(count(t, "MANY_RUNS", 3)))
	if folder := os.Getenv("MANY_FOLDER"); folder != "" { // for a look with other programs
		o.Out = filepath.Join(folder, "results")
		if err := os.WriteFile(filepath.Join(folder, "many.toml"), []byte(read(t, o.Config)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	n := drawRuns(t, o)
	start := time.Now()
	said := collectOf(t, o)
	t.Logf("%d runs: %v, at most %d MB", n, time.Since(start).Round(time.Millisecond), host.Peak()>>20)
	if want := fmt.Sprintf("%d of %d runs finished", n, n); !strings.Contains(said, want) {
		t.Errorf("%s\nwithout %q", said, want)
	}
}
