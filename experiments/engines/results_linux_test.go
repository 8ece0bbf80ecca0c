package engines

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// timed are the files of a run that contain times or machines. Table V and the summary have times too.
var timed = map[string]bool{"timing.json": true, "progress.json": true, "run.log": true, "failures": true}

// compareResults requires every run of one results folder in another, with the same bytes and computed to its end once,
// and the same tables.
func compareResults(t *testing.T, want, got string) {
	t.Helper()
	files := 0
	err := fs.WalkDir(os.DirFS(want), ".", func(path string, entry fs.DirEntry, err error) error {
		kind := strings.SplitN(filepath.ToSlash(path), "/", 2)[0]
		if err != nil || entry.IsDir() || timed[entry.Name()] || kind != "runs" && kind != "tables" ||
			kind == "tables" && (strings.Contains(path, "table-5") || strings.Contains(path, "summary")) {
			return err
		}
		files++
		expected, err := os.ReadFile(filepath.Join(want, path))
		if err != nil {
			return err
		}
		found, err := os.ReadFile(filepath.Join(got, path))
		if err != nil {
			t.Errorf("%v", err)
		} else if !bytes.Equal(expected, found) {
			t.Errorf("%s differs from that of the local sweep", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := filepath.Glob(filepath.Join(want, "runs", "*", "run.json"))
	if err != nil || len(runs) < 20 || files < 5*len(runs) {
		t.Fatalf("%d files of %d runs were compared, %v", files, len(runs), err)
	}
	for _, run := range runs {
		name := filepath.Base(filepath.Dir(run))
		log, err := os.ReadFile(filepath.Join(got, "runs", name, "run.log"))
		if n := bytes.Count(log, []byte(`"msg":"tested"`)); err != nil || n != 1 {
			t.Errorf("run %s was tested %d times, %v; want once", name, n, err)
		}
	}
	t.Logf("%d files of %d runs are the same", files, len(runs))
}
