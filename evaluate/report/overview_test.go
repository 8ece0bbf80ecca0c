package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNotesAreNoWarnings: what was read and assumed is listed; what is wrong, and phantoms, are painted as warnings.
func TestNotesAreNoWarnings(t *testing.T) {
	folder, _ := written(t)
	file := filepath.Join(folder, "runs", "chase_db1-forward-t0", "run.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(`"result": {`), []byte(`"result": {"note": "28 images, all of one size",`), 1)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	page := string(rewrite(t, folder))
	if !strings.Contains(page, "<li>CHASE_DB1: 28 images, all of one size</li>") {
		t.Error("the note is not listed")
	}
	if strings.Contains(page, `<p class="warning">CHASE_DB1: 28 images`) {
		t.Error("the note is painted as a warning")
	}
	if !strings.Contains(page, `<p class="warning">phantom: `) {
		t.Error("a phantom is no warning")
	}
}
