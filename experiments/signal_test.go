package experiments

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/device/cpu/isa"
)

// stopWithin is how long a sweep may take to stop. The promise is 2 s; a machine that does much else at the same time
// is given more.
const stopWithin = 6 * time.Second

// longSteps is a sweep whose every step takes seconds, on the slow device.
var longSteps = strings.NewReplacer("channels = [4, 8]", "channels = [16, 32]", "batch = 4", "batch = 32",
	"save-seconds = 0.001", "save-seconds = 1000").Replace(twoRuns)

// longestSteps is a sweep of the paper's channels with steps of half a minute and single operators of a second, on the
// cpu device without the processor's vectors.
var longestSteps = strings.NewReplacer("channels = [4, 8]", "channels = [16, 32, 64, 128]", "batch = 4", "batch = 64",
	"patch = 32", "patch = 128",
	"phantom-shrink = 4\n", "", "save-seconds = 0.001", "save-seconds = 1000").Replace(twoRuns)

// largest is a sweep of the U-Net with the channels of its inventors, whose checkpoint has 372 MB.
var largest = strings.NewReplacer("channels = [4, 8]", "channels = [64, 128, 256, 512, 1024]", "batch = 4", "batch = 1",
	"patches = 96", "patches = 4000", "save-seconds = 0.001", "save-seconds = 5").Replace(twoRuns)

// waitForLog waits until a sweep has logged a message.
func waitForLog(t *testing.T, o childOptions, message string) {
	t.Helper()
	for range 1500 {
		content, _ := os.ReadFile(filepath.Join(o.Out, "two", record.LogFile))
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

// TestSignalSavesAndExitsWith75 sends SOAK_SIGNALS signals of each kind at random moments of short steps and of steps
// that take longer than stopping may.
func TestSignalSavesAndExitsWith75(t *testing.T) {
	random, tries := chance(t, 7), count(t, "SOAK_SIGNALS", 1)
	for _, c := range []struct {
		name, matrix, device, kernels string
		long                          bool // only where many are asked for
	}{
		{"short steps", strings.Replace(twoRuns, "patches = 96", "patches = 4000", 1), "cpu", "", false},
		{"steps of seconds", longSteps, "ref", "", false},
		{"steps of half a minute", longestSteps, "cpu", "portable", true},
		{"31 million parameters", largest, "cpu", "", true},
	} {
		if c.long && tries < 5 {
			continue
		}
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(fmt.Sprintf("%v in %s", signal, c.name), func(t *testing.T) {
				var times []time.Duration
				for range tries {
					o := soakOptions(t, c.matrix)
					o.Device, o.Threads = c.device, 0
					times = append(times, signalled75(t, o, c.kernels, signal,
						100*time.Millisecond+time.Duration(random.Int64N(int64(time.Second)))))
				}
				slices.Sort(times)
				at := func(i int) time.Duration { return times[i].Round(time.Millisecond) }
				t.Logf("%d signals: stopped in %v to %v, median %v", tries, at(0), at(tries-1), at(tries/2))
			})
		}
	}
}

// signalled75 sends a signal to a sweep some time after it has begun to train, checks that it ends as promised, and
// returns how long that took.
func signalled75(
	t *testing.T, o childOptions, kernels string, signal syscall.Signal, after time.Duration,
) time.Duration {
	t.Helper()
	var out bytes.Buffer
	cmd := child(t, o)
	cmd.Env = append(cmd.Env, isa.Variable+"="+kernels)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForLog(t, o, "training")
	time.Sleep(after)
	code, took := stop(t, cmd, signal)
	if code != ExitInterrupted || took > stopWithin {
		t.Fatalf("exit code %d after %v; want %d within %v\n%s", code, took, ExitInterrupted, stopWithin, out.String())
	}
	records, err := filepath.Glob(filepath.Join(o.Out, "two", record.RunsFolder, "*"))
	if err != nil || len(records) == 0 {
		t.Fatalf("%d run folders, %v", len(records), err)
	}
	pending := 0
	for _, dir := range records {
		found, err := ReadRecord(dir)
		if err != nil {
			t.Error(err)
		}
		if found.Result.Status == evaluate.Pending {
			pending++
		}
	}
	if pending != 1 {
		t.Errorf("%d of %d runs are pending; want the one that was stopped", pending, len(records))
	}
	return took
}

func TestInterruptedSweepEndsWithTheSameBits(t *testing.T) {
	o := soakOptions(t, twoRuns)
	stops := 0
	for {
		cmd := child(t, o)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(400+200*stops)*time.Millisecond, func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		})
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		// -1: before it listened to signals
		if code := cmd.ProcessState.ExitCode(); code != ExitInterrupted && code != -1 {
			t.Fatalf("exit code %d", code)
		}
		stops++
	}
	same(t, "interrupted", undisturbed(t, twoRuns), outcome(t, o))
	t.Logf("%d stops", stops)
}

// TestSecondSignalEndsAtOnce sends the second signal while the first one's checkpoint is being written, and that never
// ends.
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
