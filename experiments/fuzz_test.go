package experiments

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/internal/alloctest"
)

// FuzzRecord: whatever stands in a run's files, reading them gives a record or an error that names the file, at a cost
// of a multiple of what was read; and tables can be made of it.
func FuzzRecord(f *testing.F) {
	f.Add(
		`{"config":{"architecture":{"name":"U-Net"}},"result":{"status":"finished","dataset":"DRIVE","block":"forward"}}`,
		`{"train_seconds":1}`)
	f.Add(
		`{"result":{"status":"finished","dataset":"STARE","t":-1,"folds":-3,"measures":{"inside":{"micro":{"f1":null}}}}}`,
		`{}`)
	f.Add(`[]`, `null`)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, run, timing string) {
		for name, content := range map[string]string{record.RunFile: run, record.TimingFile: timing} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var r Record
		var err error
		alloctest.AtMost(t, 256*(len(run)+len(timing)), func() { r, err = ReadRecord(dir) })
		if err != nil {
			if text := err.Error(); !strings.Contains(text, filepath.Join(dir, record.RunFile)) &&
				!strings.Contains(text, filepath.Join(dir, record.TimingFile)) {
				t.Errorf("the error names neither file: %v", err)
			}
			return
		}
		_ = (matrix.Run{}).Diff(r.Config)
		id, err := r.Config.ID()
		if err != nil {
			t.Fatal(err)
		}
		if !filepath.IsLocal(id) || filepath.Base(id) != id {
			t.Errorf("the run's folder would be %q", id)
		}
		if _, err := evaluate.Tables([]evaluate.Result{r.Result}); err != nil {
			t.Logf("tables: %v", err)
		}
	})
}

func TestRecordLargerThanAnyRunWritesIsNotRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, record.RunFile)
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, record.LargestRecord+1); err != nil {
		t.Fatal(err)
	}
	alloctest.AtMost(t, 0, func() {
		if _, err := ReadRecord(dir); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v", err)
		}
	})
}
