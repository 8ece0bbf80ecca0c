package experiments

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"r2unet/evaluate"
)

// stopWithin is how long a sweep may take to stop. The promise is 2 s; a machine that does much else at the same time is given more.
const stopWithin = 6 * time.Second

// longSteps is a sweep whose every step takes seconds, on the slow device.
var longSteps = strings.NewReplacer("channels = [4, 8]", "channels = [16, 32]", "batch = 4", "batch = 32", "save-seconds = 0.001", "save-seconds = 1000").Replace(twoRuns)

// waitForLog waits until a sweep has logged a message.
func waitForLog(t *testing.T, o childOptions, message string) {
	t.Helper()
	for range 1500 {
		content, _ := os.ReadFile(filepath.Join(o.Out, "two", logFile))
		if strings.Contains(string(content), `"msg":"`+message+`"`) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the sweep has not logged %q in 30 s", message)
}

// stop sends a signal to a sweep and returns its exit code and how long it took to end.
func stop(t *testing.T, cmd *exec.Cmd, signal syscall.Signal) (code int, took time.Duration) {
	t.Helper()
	start := time.Now()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	took = time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), took
}

func TestSignalSavesAndExitsWith75(t *testing.T) {
	for name, c := range map[string]struct {
		matrix, device string
		signal         syscall.Signal
	}{
		"SIGINT between short steps":   {twoRuns, "cpu", syscall.SIGINT},
		"SIGTERM between short steps":  {twoRuns, "cpu", syscall.SIGTERM},
		"SIGINT within a long step":    {longSteps, "ref", syscall.SIGINT},
		"SIGTERM within the long step": {longSteps, "ref", syscall.SIGTERM},
	} {
		t.Run(name, func(t *testing.T) {
			o := soakOptions(t, c.matrix)
			o.Device = c.device
			var out bytes.Buffer
			cmd := child(t, o)
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitForLog(t, o, "training")
			time.Sleep(100 * time.Millisecond)
			code, took := stop(t, cmd, c.signal)
			if code != ExitInterrupted || took > stopWithin {
				t.Fatalf("exit code %d after %v; want %d within %v\n%s", code, took, ExitInterrupted, stopWithin, out.String())
			}
			t.Logf("stopped in %v", took.Round(time.Millisecond))
			records, err := filepath.Glob(filepath.Join(o.Out, "two", runsFolder, "*"))
			if err != nil || len(records) != 1 {
				t.Fatalf("%d run folders, %v; want 1", len(records), err)
			}
			record, err := ReadRecord(records[0])
			if err != nil || record.Result.Status != evaluate.Pending {
				t.Errorf("status %q, %v; want pending", record.Result.Status, err)
			}
		})
	}
}

func TestInterruptedSweepEndsWithTheSameBits(t *testing.T) {
	o := soakOptions(t, twoRuns)
	stops := 0
	for {
		cmd := child(t, o)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(400+200*stops)*time.Millisecond, func() { cmd.Process.Signal(syscall.SIGTERM) })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		if code := cmd.ProcessState.ExitCode(); code != ExitInterrupted && code != -1 { // -1: before it listened to signals
			t.Fatalf("exit code %d", code)
		}
		stops++
	}
	same(t, "interrupted", undisturbed(t, twoRuns), outcome(t, o))
	t.Logf("%d stops", stops)
}

// TestSecondSignalEndsAtOnce sends the second signal while the first one's checkpoint is being written, and that never ends.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	o := soakOptions(t, twoRuns)
	o.Stall = true
	cmd := child(t, o)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForLog(t, o, "training")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for said.Scan() && said.Text() != stalledLine {
	}
	if said.Text() != stalledLine {
		t.Fatal("the sweep ended before the second signal")
	}
	code, took := stop(t, cmd, syscall.SIGINT)
	if code != -1 || took > stopWithin/2 { // -1: ended by the signal itself
		t.Errorf("exit code %d after %v; want the signal's own effect at once", code, took)
	}
}
