package experiments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"r2unet/experiments/training"
	"r2unet/internal/durable/faults"
)

// childVariable makes the test binary a sweep: its value is a childOptions as JSON.
const childVariable = "R2UNET_TEST_SWEEP"

// childOptions are a sweep in a process of its own, which dies where the test wants it to.
type childOptions struct {
	Options
	KillAt int // file operation at which the process kills itself; 0 = none
}

func TestMain(m *testing.M) {
	text, child := os.LookupEnv(childVariable)
	if !child {
		goleak.VerifyTestMain(m)
	}
	var o childOptions
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	o.Stdout = os.Stdout
	o.FS = &faults.FS{At: o.KillAt, OnFault: func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) }}
	err := Sweep(signalled(), o.Options)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(ExitCode(err))
}

// signalled is a context that ends with SIGINT or SIGTERM, as in cmd/sweep.
func signalled() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// twoRuns is a sweep of two runs that takes about a second and writes a checkpoint as often as the disk allows.
const twoRuns = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [4, 8]

[[architecture]]
name = "R2U-Net"
block = "recurrent-residual"
t = 2
channels = [4, 8]

[[dataset]]
name = "DRIVE"
patch = 32
patches = 96
validation-patches = 8
phantom-images = 4

[[experiment]]
name = "all"

[profile.two]
epochs = 3
batch = 4
learning-rate = 1e-3
test-images = 1
save-seconds = 0.001
`

// child is a sweep process that has ended, or the command to start one.
func child(t *testing.T, o childOptions) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	return cmd
}

// finish runs a sweep to its end.
func finish(t *testing.T, o childOptions) {
	t.Helper()
	if out, err := child(t, o).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// soakOptions are a sweep of twoRuns into a new folder; phantoms come from a shared cache, so that a run takes little time.
func soakOptions(t *testing.T, text string) childOptions {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "two.toml")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return childOptions{Options: Options{Config: config, Profile: "two", Out: filepath.Join(dir, "results"), Device: "cpu", Threads: 1, Seed: 1}}
}

// outcome is what must not depend on how a sweep came to its end: the final checkpoints, histories, records, curves, predictions
// and tables, by path. What tells time is in files of its own, which are left out.
func outcome(t *testing.T, o childOptions) map[string][]byte {
	t.Helper()
	root := filepath.Join(o.Out, "two")
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch d.Name() {
		case timingFile, logFile, lockFile, reportFile, training.PreviousFile:
			return nil
		}
		if m, _ := filepath.Match("table-[5].*", d.Name()); m {
			return nil // times
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[relative], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// same compares two outcomes.
func same(t *testing.T, what string, want, got map[string][]byte) {
	t.Helper()
	for path := range want {
		if !bytes.Equal(want[path], got[path]) {
			t.Errorf("%s: %s differs (%d and %d bytes)", what, path, len(want[path]), len(got[path]))
		}
	}
	for path := range got {
		if want[path] == nil {
			t.Errorf("%s: %s is left over", what, path)
		}
	}
}

// kills is how many times the soak test kills a sweep: SOAK_KILLS, or a few.
func kills(t *testing.T) int {
	if text := os.Getenv("SOAK_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 1
	}
	return 3
}

// TestSweepKilledAtRandomMomentsEndsWithTheSameBits kills sweeps with SIGKILL, half of the times at a random moment and half at a random
// file operation (between write and rename too), until enough have died, and compares every end with that of a sweep left alone.
func TestSweepKilledAtRandomMomentsEndsWithTheSameBits(t *testing.T) {
	alone := soakOptions(t, twoRuns)
	finish(t, alone)
	start := time.Now()
	fresh := soakOptions(t, twoRuns)
	finish(t, fresh)
	whole := time.Since(start)
	want := outcome(t, alone)
	same(t, "the same sweep again", want, outcome(t, fresh))

	random := rand.New(rand.NewPCG(6, uint64(kills(t))))
	survived, sweeps := 0, 0
	for survived < kills(t) {
		o := soakOptions(t, twoRuns)
		sweeps++
		for done := false; !done; {
			o.KillAt = 0
			limit := whole / 2
			if random.IntN(2) == 0 {
				o.KillAt = 1 + random.IntN(60)
			} else {
				limit = time.Duration(random.Int64N(int64(whole)))
			}
			done = runAndKill(t, o, limit)
			if !done {
				survived++
			}
		}
		same(t, fmt.Sprintf("sweep %d, after %d kills", sweeps, survived), want, outcome(t, o))
	}
	t.Logf("%d kills over %d sweeps of %v, each with the same bits at its end", survived, sweeps, whole.Round(time.Millisecond))
}

// runAndKill runs a sweep and kills it after a time, unless it kills itself before; done says that it came to its end.
func runAndKill(t *testing.T, o childOptions, after time.Duration) (done bool) {
	t.Helper()
	var out bytes.Buffer
	cmd := child(t, o)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return false
	}
	if err != nil {
		t.Fatalf("a resumed sweep failed: %v\n%s", err, out.String())
	}
	return true
}

func TestThreadsWorkersAndOrderDoNotChangeABit(t *testing.T) {
	first := soakOptions(t, twoRuns)
	finish(t, first)
	want := outcome(t, first)

	threads := soakOptions(t, twoRuns)
	threads.Threads = 3
	finish(t, threads)
	same(t, "three threads", want, outcome(t, threads))

	i, j := bytes.Index([]byte(twoRuns), []byte("[[architecture]]\nname = \"R2U")), bytes.Index([]byte(twoRuns), []byte("[[dataset]]"))
	swapped := soakOptions(t, twoRuns[i:j]+twoRuns[:i]+twoRuns[j:])
	finish(t, swapped)
	same(t, "the other order of architectures", want, outcome(t, swapped))
}
