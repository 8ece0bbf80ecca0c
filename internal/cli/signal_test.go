//go:build unix

package cli

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestSignalEndsTheContextAndThenThatIsTheCode(t *testing.T) {
	if code, said := end(t, "signal"); code != ExitInterrupted {
		t.Errorf("exit code %d, %q", code, said)
	}
}

// TestCrashIsAnAbort checks for SIGABRT, which shells report as 134.
func TestCrashIsAnAbort(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), behaviour+"=panic", "GOTRACEBACK=")
	_ = cmd.Run()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() ||
		status.Signal() != syscall.SIGABRT || status.CoreDump() {
		t.Errorf("ended by %v, core dumped: %v", status.Signal(), status.CoreDump())
	}
}
