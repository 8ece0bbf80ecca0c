package experiments_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamplesRunFromAModuleOfTheirOwn runs the programs of examples/, which reach this module from outside, and finds
// what each adds in its table, or in the masks of its network.
func TestExamplesRunFromAModuleOfTheirOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for _, c := range []struct{ program, table, row, masks string }{
		{"own-block", "table-1.csv", "Inner residual", "segmented/*_mask.png"},
		{"own-loss", "table-1.csv", "U-Net", ""},
		{"own-dataset", "table-6.csv", "Cells,U-Net,ours", ""},
	} {
		t.Run(c.program, func(t *testing.T) {
			out := t.TempDir()
			run := exec.Command("go", "run", "./"+c.program, "-out", out)
			run.Dir = filepath.Join("..", "examples")
			if said, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			table, err := os.ReadFile(filepath.Join(out, "tiny", "tables", c.table))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(table), c.row) {
				t.Errorf("the table has no row of %s:\n%s", c.row, table)
			}
			if masks, err := filepath.Glob(filepath.Join(out, c.masks)); c.masks != "" && len(masks) == 0 {
				t.Errorf("no %s (%v)", c.masks, err)
			}
		})
	}
}
