package experiments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
	"r2unet/internal/durable/faults"
)

// childVariable makes the test binary a sweep: its value is a childOptions as JSON.
const childVariable = "R2UNET_TEST_SWEEP"

// childOptions are a sweep in a process of its own, which dies where the test wants it to.
type childOptions struct {
	Options
	KillAt   int    // file operation at which the process kills itself; 0 = none
	Single   *Which // the process computes only this run
	Attached bool   // it stops when its standard input ends
	Stall    bool   // once it is asked to stop, it says so and then waits for ever at the next file operation
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
	ctx := cli.Signalled()
	counted := &faults.FS{At: o.KillAt, OnFault: killSelf}
	o.fs = counted
	if o.Stall {
		o.fs = stalling{counted, ctx}
	}
	var err error
	if o.Attached {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	if o.Single != nil {
		err = Run(ctx, o.Options, *o.Single, 0)
	} else {
		err = Sweep(ctx, o.Options)
	}
	fmt.Println(operationsLine, counted.Operations())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(ExitCode(err))
}

// killSelf ends this process as a kill or a power cut does.
func killSelf() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}

// killed reports whether a process was ended as killSelf and a kill end one.
func killed(exit *exec.ExitError) bool {
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signal() == syscall.SIGKILL || runtime.GOOS == "windows" && exit.ExitCode() == 1)
}

// operationsLine is followed by the number of file operations that a sweep in a process of its own has asked for.
const operationsLine = "file operations:"

// stalling waits for ever where a file is begun after the context has ended.
type stalling struct {
	durable.FS
	ctx context.Context
}

func (s stalling) CreateTemp(dir, pattern string) (durable.File, error) {
	if s.ctx.Err() != nil {
		fmt.Println(stalledLine)
		select {}
	}
	return s.FS.CreateTemp(dir, pattern)
}

// stalledLine is what a stalling sweep says.
const stalledLine = "stalled"

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
phantom-shrink = 4

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

// finish runs a sweep to its end and returns how many file operations it took.
func finish(t *testing.T, o childOptions) (operations int) {
	t.Helper()
	out, err := child(t, o).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, rest, _ := strings.Cut(string(out), operationsLine)
	if _, err := fmt.Sscan(rest, &operations); err != nil {
		t.Fatalf("the sweep does not say its file operations: %v\n%s", err, out)
	}
	return operations
}

// soakOptions are a sweep of twoRuns into a new folder; phantoms come from a shared cache, so that a run takes little
// time.
func soakOptions(t *testing.T, text string) childOptions {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "two.toml")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return childOptions{Options: Options{
		Config: config, Profile: "two", Out: filepath.Join(dir, "results"), Device: "cpu", Threads: 1, Seed: 1,
	}}
}

// outcome is what must not depend on how a sweep came to its end: the final checkpoints, histories, records, curves,
// predictions and tables, by path. What tells time is in files of its own, which are left out.
func outcome(t *testing.T, o childOptions) map[string][]byte {
	t.Helper()
	return outcomeOf(t, filepath.Join(o.Out, "two"))
}

// outcomeOf is outcome for a profile's folder of results.
func outcomeOf(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch d.Name() {
		case record.TimingFile, record.LogFile, record.RunLogFile, record.ReportFile, record.SummaryFile:
			return nil
		}
		if m, _ := filepath.Match("table-[5].*", d.Name()); m || filepath.Dir(path) == root && claim.Is(d.Name()) {
			return nil // times, and the ended claim on the folder
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

// ends are the outcomes of sweeps that nothing happened to, by their matrix.
var ends = map[string]map[string][]byte{}

// undisturbed is the outcome of a sweep that nothing happens to.
func undisturbed(t *testing.T, text string) map[string][]byte {
	t.Helper()
	if ends[text] == nil {
		o := soakOptions(t, text)
		finish(t, o)
		ends[text] = outcome(t, o)
	}
	return ends[text]
}

// count is how often a test tries: what an environment variable says, or a few times.
func count(t *testing.T, variable string, few int) int {
	t.Helper()
	text := os.Getenv(variable)
	switch {
	case text != "":
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s: %v", variable, err)
		}
		return n
	case testing.Short():
		return 1
	}
	return few
}

// chance is a test's source of random numbers. SOAK_SEED gives another one, so that a long test can be run in parts.
func chance(t *testing.T, test uint64) *rand.Rand {
	t.Helper()
	seed := uint64(1)
	if text := os.Getenv("SOAK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SOAK_SEED: %v", err)
		}
	}
	return rand.New(rand.NewPCG(test, seed))
}

// TestSweepKilledAtRandomMomentsEndsWithTheSameBits kills sweeps with SIGKILL, half of the times at a random moment and
// half at a random file operation of all that the sweep has (between write and rename too), until SOAK_KILLS have died,
// and compares every end with that of a sweep left alone.
func TestSweepKilledAtRandomMomentsEndsWithTheSameBits(t *testing.T) {
	for name, text := range map[string]string{
		"last epoch": twoRuns, "best epoch": selecting, "all choices": choosing,
		"accumulated": accumulating,
	} {
		t.Run(name, func(t *testing.T) { killAtRandom(t, text) })
	}
}

// selecting is twoRuns with the weights of the best epoch tested; its rate is so large that this is not the last.
var selecting = strings.NewReplacer("learning-rate = 1e-3", "learning-rate = 0.3\nselect = \"loss\"").Replace(twoRuns)

// choosing is twoRuns with a moving average of weights, of which the epoch that is best by Dice is tested, and which
// may end early, at a threshold that training images choose.
var choosing = strings.NewReplacer("learning-rate = 1e-3", `learning-rate = 0.1
average = 0.9
select = "dice"
patience = 1
threshold = "training"`).Replace(twoRuns)

// accumulating is twoRuns with updates of several batches, the last of an epoch of fewer, and all that changes a step.
var accumulating = strings.NewReplacer("learning-rate = 1e-3", `learning-rate = 0.01
optimizer = "adamw(beta2=0.99)"
weight-decay = 0.05
clip-norm = 0.5
accumulate = 5
schedule = "cosine(cycles=2, final=1e-4)"
warmup = "3 updates"`).Replace(twoRuns)

func killAtRandom(t *testing.T, text string) {
	alone := soakOptions(t, text)
	start := time.Now()
	operations := finish(t, alone)
	whole := time.Since(start)
	want := outcome(t, alone)

	random, kills := chance(t, 6), (count(t, "SOAK_KILLS", 3)+1)/2
	sweeps, timed := 0, 0
	var killedAt []int // operations of the whole sweep
	for timed+len(killedAt) < kills {
		o := soakOptions(t, text)
		sweeps++
		behind := 0 // operations that earlier processes have done, at least
		for {
			o.KillAt = 0
			limit := 10 * whole
			if random.IntN(2) == 0 {
				o.KillAt = 1 + random.IntN(max(20, operations-behind))
			} else {
				limit = time.Duration(random.Int64N(int64(whole)))
			}
			if runAndKill(t, o, limit) {
				break
			}
			if o.KillAt == 0 {
				timed++
				continue
			}
			killedAt = append(killedAt, behind+o.KillAt)
			behind += o.KillAt
		}
		same(t, fmt.Sprintf("sweep %d, after %d kills", sweeps, timed+len(killedAt)), want, outcome(t, o))
	}
	t.Logf("%d kills over %d sweeps of %v, each with the same bits at its end: %d at random times, %d at file "+
		"operations of about %d: %v",
		timed+len(killedAt), sweeps, whole.Round(time.Millisecond), timed, len(killedAt), operations, killedAt)
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
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && killed(exit) {
		return false
	}
	if err != nil {
		t.Fatalf("a resumed sweep failed: %v\n%s", err, out.String())
	}
	return true
}

func TestThreadsWorkersAndOrderDoNotChangeABit(t *testing.T) {
	text := twoRuns
	if testing.Short() {
		text = tiny
	}
	want := undisturbed(t, text) // by one thread, and as many loader workers as this machine suggests

	for _, c := range []struct{ threads, workers int }{{3, 1}, {2, 5}} {
		o := soakOptions(t, text)
		o.Threads, o.Workers = c.threads, c.workers
		finish(t, o)
		same(t, fmt.Sprintf("%d threads, %d loader workers", c.threads, c.workers), want, outcome(t, o))
	}

	i, j := bytes.Index([]byte(text), []byte("[[architecture]]\nname = \"R2U")), bytes.Index([]byte(text),
		[]byte("[[dataset]]"))
	swapped := soakOptions(t, text[i:j]+text[:i]+text[j:])
	finish(t, swapped)
	same(t, "the other order of architectures", want, outcome(t, swapped))
}
