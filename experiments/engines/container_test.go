package engines

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestContainerHasAllThatSweepNeeds builds the image where a builder is at hand, and runs the program in it. Elsewhere,
// and where the builder cannot run containers, the static program has to do in an empty root what it does in the image.
func TestContainerHasAllThatSweepNeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the image's program is not built")
	}
	if runtime.GOOS != "linux" {
		t.Skip("not Linux: the image's program does not run here")
	}
	root := t.TempDir()
	program := buildSweep(t, root)
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	// A file that is not there is bad input by sweep's own words: it has started, read its flags and looked around.
	args := []string{"plan", "-config", "/none.toml"}
	inRoot := exec.Command("/"+filepath.Base(program), args...)
	inRoot.Dir, inRoot.Env = "/", []string{}
	inRoot.SysProcAttr = chrootAs(root, 65532)
	out, err := inRoot.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Log("not root: the program is not tried in an empty root")
	case inRoot.ProcessState == nil, inRoot.ProcessState.ExitCode() != 2, !strings.Contains(string(out), "/none.toml"):
		t.Errorf("in an empty root, as user 65532: %v\n%s", err, out)
	}

	builder := func(args ...string) *exec.Cmd {
		// Neither flags nor files of a user's own storage: vfs works in any folder.
		return exec.Command("buildah", append([]string{
			"--storage-driver", "vfs", "--root", filepath.Join(root, "storage"), "--runroot", filepath.Join(root, "run"),
		}, args...)...)
	}
	if _, err := exec.LookPath("buildah"); err != nil {
		t.Skip("no buildah here: the image is not built")
	}
	build := builder("build", "--isolation", "chroot", "-t", "sweep", "-f", "../../Containerfile",
		"--ignorefile", "/dev/null", root)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	container, err := builder("from", "sweep").Output()
	if err != nil {
		t.Fatal(err)
	}
	run := builder("run", "--isolation", "chroot", strings.TrimSpace(string(container)), "--", "/sweep", "plan",
		"-config", "/none.toml")
	if out, _ := run.CombinedOutput(); !strings.Contains(string(out), "sweep: ") ||
		!strings.Contains(string(out), "/none.toml") {
		t.Errorf("in the image: %s", out)
	}
}
