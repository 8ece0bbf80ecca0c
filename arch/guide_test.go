package arch_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"r2unet/arch"
)

// TestBlockOfTheGuideWorksAsItSays adds the block of docs/blocks.md to a copy of this package and runs the test from
// the guide.
func TestBlockOfTheGuideWorksAsItSays(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a package")
	}
	if slices.Contains(arch.Blocks(), "inner-residual") {
		t.Skip("somebody follows the guide here: this copy has its block already, with the test")
	}
	guide, err := os.ReadFile("../docs/blocks.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(guide, -1)
	if len(code) != 2 {
		t.Fatalf("%d pieces of Go in the guide, expected the block and its test", len(code))
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	block := write("inner_residual.go", string(code[0][1]))
	check := write("inner_residual_test.go",
		"package arch_test\n\nimport (\n\t\"testing\"\n\n\t\"r2unet/arch\"\n\t\"r2unet/arch/archtest\"\n)\n\n"+
			string(code[1][1]))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(here, "inner_residual.go"):      block,
		filepath.Join(here, "inner_residual_test.go"): check,
	}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := write("overlay.json", string(replace))
	run := exec.Command("go", "test", "-overlay", overlay, "-run", "TestInnerResidualBlock", "-v", ".")
	out, err := run.CombinedOutput()
	if err != nil || !regexp.MustCompile(`--- PASS: TestInnerResidualBlock`).Match(out) {
		t.Errorf("go test with the guide's block: %v\n%s", err, out)
	}
}
