package engines

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// buildSweep returns the path of a static sweep; SWEEP names one that is there.
func buildSweep(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "sweep")
	if built := os.Getenv("SWEEP"); built != "" {
		content, err := os.ReadFile(built)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, string(content))
		return path
	}
	build := exec.Command("go", "build", "-o", path, "../../cmd/sweep")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// command runs a program and returns its standard output.
func command(t *testing.T, program string, args ...string) string {
	t.Helper()
	c := exec.Command(program, args...)
	var failed bytes.Buffer
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", program, args, err, out, failed.Bytes())
	}
	return string(out)
}
