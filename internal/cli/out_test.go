package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFileThatCannotBeWrittenIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"": "", file: "", filepath.Join(dir, "new.csv"): "",
		dir: "is a folder", filepath.Join(dir, "no", "x.csv"): "there is no folder",
		filepath.Join(file, "x.csv"): "-out " + filepath.Join(file, "x.csv") + ": ",
		"/proc/x.csv":                "cannot be written into",
	} {
		err := CheckOut("out", path)
		var input *InputError
		refused := errors.As(err, &input) && strings.Contains(err.Error(), want)
		if want == "" && err != nil || want != "" && !refused {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}
