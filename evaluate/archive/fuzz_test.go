package archive_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
	"r2unet/internal/alloctest"
)

// multiple bounds the memory per byte of a record: a few characters of JSON become a struct of a few hundred
// bytes in a growing list.
const multiple = 256

// recordFiles lists the files of a run in the order of the fuzzer's arguments.
var recordFiles = []string{"run.json", "timing.json", "curves.json", "progress.json", "history.csv"}

// FuzzRecord checks that, whatever a run's files contain, opening the folder yields a run named after its
// folder, every problem names a file, memory is bounded by a multiple of the input, and tables can be made.
func FuzzRecord(f *testing.F) {
	written := `{"result": {"run_id": "a", "status": "finished", "dataset": "DRIVE", "block": "forward", "measures":
		{"inside": {"micro": {"tp": 1, "auc": null}, "images": [{"id": "01_test", "scores": {"f1": 1}}]}}}}`
	f.Add([]byte(written), []byte(`{"inference": [{"protocol": "whole"}]}`),
		[]byte(`{"inside": {"threshold": [1, 0.5]}}`), []byte(`{"epoch": 1}`), []byte("epoch,train_loss\n1,0.5\n"))
	f.Add([]byte(`{"result": null}`), []byte(`{`), []byte(`[]`), []byte(`null`), []byte("epoch\nx\n"))
	folder := f.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "runs", "a"), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, run, timing, curves, progress, history []byte) {
		size := 0
		for i, content := range [][]byte{run, timing, curves, progress, history} {
			size += len(content)
			if err := os.WriteFile(filepath.Join(folder, "runs", "a", recordFiles[i]), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var s *archive.Sweep
		alloctest.AtMost(t, multiple*size, func() { s = open(t, folder) })
		if len(s.Runs) != 1 || s.Runs[0].ID != "a" || s.Runs[0].Result.RunID != "a" {
			t.Fatalf("%+v", s.Runs)
		}
		for _, problem := range s.Runs[0].Problems {
			if !slices.ContainsFunc(recordFiles, func(file string) bool { return strings.HasPrefix(problem, file) }) {
				t.Errorf("the problem does not name the file: %s", problem)
			}
		}
		samples := record.SampleFolder(s.Runs[0].Result.Dataset, s.Runs[0].Result.Phantom)
		if parent, name := filepath.Split(samples); s.Runs[0].Result.Dataset != "" && parent != "samples/" ||
			!filepath.IsLocal(name) || strings.ContainsAny(name, `\:.`) {
			t.Errorf("pictures are looked for in %q", samples)
		}
		for n := 1; n <= 5; n++ {
			table, err := evaluate.Table(n, s.Results())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = table.Markdown(), table.LaTeX()
			if _, err := table.CSV(); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(s.WriteSummary(io.Discard), s.WritePerImage(io.Discard)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestHostileRecordCostsAMultipleOfItsSize opens records built to use as much memory as possible.
func TestHostileRecordCostsAMultipleOfItsSize(t *testing.T) {
	const n = 1 << 20
	list := func(before, element, after string) string {
		return before + strings.TrimSuffix(strings.Repeat(element+",", n/(len(element)+1)), ",") + after
	}
	const images, end = `{"result":{"dataset":"DRIVE","block":"forward","measures":{"inside":{"images":[`, `]}}}}`
	for name, c := range map[string]struct{ file, text, want string }{
		"nested lists":   {"run.json", strings.Repeat("[", n), "run.json is damaged"},
		"nested objects": {"run.json", strings.Repeat(`{"result":`, n/10), "run.json is damaged"},
		"nested measures": {
			"run.json",
			`{"result":{"measures":{"inside":{"micro":` + strings.Repeat(`{"a":`,
				9000) + "1" + strings.Repeat("}", 9000) + `}}}}`,
			"run.json",
		},
		"images without content": {"run.json", list(images, "{}", end), "has no id"},
		"images that are null":   {"run.json", list(images, "null", end), "has no id"},
		"images that are numbers": {
			"run.json", list(images, "1", end), `run.json: "result" is of another version`,
		},
		"images of an id":        {"run.json", list(images, `{"id":"a"}`, end), ""},
		"images of empty scores": {"run.json", list(images, `{"id":"a","scores":{}}`, end), ""},
		"channels": {
			"run.json", list(`{"result":{"dataset":"DRIVE","block":"forward","channels":[`, "1", `]}}`), "",
		},
		"an error of a megabyte": {
			"run.json", `{"result":{"dataset":"DRIVE","block":"forward","error":"` + strings.Repeat("x", n) + `"}}`, "",
		},
		"inference": {
			"timing.json", list(`{"inference":[`, "1", `]}`), "timing.json is of another version",
		},
		"curve of ones": {"curves.json", list(`{"inside":{"threshold":[`, "1", `]}}`), ""},
		"curve of lists": {
			"curves.json", list(`{"inside":{"threshold":[`, "[]", `]}}`), "curves.json is of another version",
		},
		"epochs of nothing": {"history.csv", "epoch\n" + strings.Repeat("1\n", n/4), ""},
		"columns":           {"history.csv", "epoch" + strings.Repeat(",", n/2) + "\n", ""},
		"a longer history than is read": {
			"history.csv", "epoch\n" + strings.Repeat("1\n", n), "history.csv has 2097158 bytes",
		},
		"an endless field": {
			"history.csv", "epoch\n" + strings.Repeat("1", n/2), "history.csv: line 2: epoch is",
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, filepath.Join(folder, "runs", "a", "run.json"), `{"result":{"dataset":"DRIVE","block":"forward"}}`)
			write(t, filepath.Join(folder, "runs", "a", c.file), c.text)
			var s *archive.Sweep
			alloctest.AtMost(t, multiple*len(c.text), func() { s = open(t, folder) })
			problems := strings.Join(s.AllProblems(), "\n")
			if !strings.Contains(problems, c.want) || c.want == "" && problems != "" || len(problems) > 1000 {
				t.Errorf("problems %.300q, want %q", problems, c.want)
			}
		})
	}
}

// TestPictureThatClaimsMoreThanItHoldsIsRefused opens pictures of a few bytes that claim gigabytes of pixels.
func TestPictureThatClaimsMoreThanItHoldsIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		width, height uint32
		depth, kind   byte // bits per sample; 0 is grey, 6 colour with alpha
		want          string
	}{
		"sixteen bits":      {8000, 8000, 16, 6, "cannot hold"},
		"one bit":           {8000, 8000, 1, 0, "cannot hold"},
		"more than is read": {60000, 60000, 8, 0, "claims 60000×60000 pixels"},
		"half the integers": {1<<31 - 1, 1<<31 - 1, 16, 6, "dimension overflow"},
		"nothing":           {0, 1, 8, 0, "dimension"},
	} {
		t.Run(name, func(t *testing.T) {
			header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), c.width), c.height)
			header = append(header, c.depth, c.kind, 0, 0, 0)
			picture := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(header)-4))
			picture = binary.BigEndian.AppendUint32(append(picture, header...), crc32.ChecksumIEEE(header))
			picture = append(picture, "\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"...)
			folder := t.TempDir()
			write(t, filepath.Join(folder, "runs", "a", "run.json"), `{}`)
			write(t, filepath.Join(folder, "runs", "a", "predictions", "x.png"), string(picture))
			s := open(t, folder)
			alloctest.AtMost(t, 64*len(picture), func() {
				if _, err := s.Prediction(s.Runs[0], "x"); err == nil || !strings.Contains(err.Error(), c.want) ||
					!strings.Contains(err.Error(), "x.png") {
					t.Errorf("error %v, want one with %q that names the file", err, c.want)
				}
			})
		})
	}
}
