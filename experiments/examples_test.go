package experiments_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamplesRunFromAModuleOfTheirOwn runs the programs of examples/, which reach this module from outside, and finds what each adds in its table.
func TestExamplesRunFromAModuleOfTheirOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for program, row := range map[string]string{"own-block": "Inner residual", "own-loss": "U-Net"} {
		t.Run(program, func(t *testing.T) {
			out := t.TempDir()
			run := exec.Command("go", "run", "./"+program, "-out", out)
			run.Dir = filepath.Join("..", "examples")
			if said, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			table, err := os.ReadFile(filepath.Join(out, "tiny", "tables", "table-1.csv"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(table), row) {
				t.Errorf("the table has no row of %s:\n%s", row, table)
			}
		})
	}
}
