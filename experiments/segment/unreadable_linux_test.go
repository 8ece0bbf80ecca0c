package segment

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user without rights.
const nobody = 65534

// asNobody gives this goroutine the file permissions of a user without rights, because root may read everything.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread() // the rights are the thread's
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setfsuid(0); err != nil {
			t.Fatal(err) // the thread stays locked and ends with its goroutine
		}
		runtime.UnlockOSThread()
	})
}

func TestUnreadableImagesAreReportedAndTheRestIsDone(t *testing.T) {
	checkpoint, above := network(t, plain), t.TempDir()
	dir, out := filepath.Join(above, "images"), filepath.Join(above, "results", "out")
	put(t, picture(t, 3, 3), dir, "closed.png")
	put(t, picture(t, 3, 3), dir, "open.png")
	put(t, picture(t, 3, 3), dir, "closed", "inside.png")
	if err := os.MkdirAll(out, 0o777); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{
		filepath.Join(dir, "closed.png"): 0, filepath.Join(dir, "closed"): 0, out: 0o777, filepath.Dir(out): 0o777,
		filepath.Dir(checkpoint): 0o755, filepath.Dir(above): 0o755, checkpoint: 0o755, filepath.Join(checkpoint,
			"checkpoint.safetensors"): 0o644,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "closed"), 0o755) }) // so that it can be removed
	asNobody(t)
	said, written, err := segmented(t, checkpoint, dir, out)
	for _, name := range []string{"closed.png", "closed"} {
		if !strings.HasPrefix(said[name], "failed: ") || !strings.Contains(said[name], "permission denied") {
			t.Errorf("of %s it says %q", name, said[name])
		}
	}
	var failed *Failed
	if !errors.As(err, &failed) || failed.Failed != 2 || failed.Total != 3 || len(written) != 2 {
		t.Errorf("error %v, written are %q", err, written)
	}
}
