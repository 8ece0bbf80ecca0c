package experiments

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
)

// agendaOf lists the runs of a profile.
func agendaOf(t *testing.T, o Options) Agenda {
	t.Helper()
	o.Stdout = io.Discard
	agenda, err := NewAgenda(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return agenda
}

// collectOf collects and returns what was said.
func collectOf(t *testing.T, o Options, from ...string) string {
	t.Helper()
	var out strings.Builder
	o.Stdout = &out
	if err := Collect(t.Context(), o, from); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// runAlone computes a run in a process of its own and returns its exit code and what it said.
func runAlone(t *testing.T, o childOptions, w Which) (code int, said string) {
	t.Helper()
	o.Single = &w
	cmd := child(t, o)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestSmokeMatrixInParallelProcessesEqualsALocalSweep: all runs of the smoke profile, each in a process, at once.
func TestSmokeMatrixInParallelProcessesEqualsALocalSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two smoke sweeps")
	}
	smoke := func() childOptions {
		return childOptions{Options: Options{
			Config: "../experiments.toml", Profile: "smoke", Out: t.TempDir(), Device: "cpu", Threads: 1, Seed: 1,
		}}
	}
	local, spread := smoke(), smoke()
	finish(t, local)
	agenda := agendaOf(t, spread.Options)
	if len(agenda.Runs) < 20 {
		t.Fatalf("the smoke profile has %d runs", len(agenda.Runs))
	}
	var all sync.WaitGroup
	for i := range agenda.Runs {
		all.Go(func() {
			if code, said := runAlone(t, spread, Which{Index: i}); code != 0 {
				t.Errorf("run %d: exit code %d\n%s", i, code, said)
			}
		})
	}
	all.Wait()
	collectOf(t, spread.Options)
	same(t, "collected", outcomeOf(t, filepath.Join(local.Out, "smoke")),
		outcomeOf(t, filepath.Join(spread.Out, "smoke")))
}

// TestTwoMachinesFoldersAreCollected into what a sweep in one folder gives, any number of times.
func TestTwoMachinesFoldersAreCollected(t *testing.T) {
	a, b, both := soakOptions(t, twoRuns), soakOptions(t, twoRuns), soakOptions(t, twoRuns)
	for i, o := range []childOptions{a, b} {
		if code, said := runAlone(t, o, Which{Index: i}); code != 0 {
			t.Fatalf("exit code %d\n%s", code, said)
		}
	}
	said := collectOf(t, both.Options, a.Out, filepath.Join(b.Out, "two"))
	if !strings.Contains(said, "2 of 2 runs finished") {
		t.Error(said)
	}
	want := undisturbed(t, twoRuns)
	same(t, "collected", want, outcome(t, both))
	same(t, "collected again", want, func() map[string][]byte {
		collectOf(t, both.Options, b.Out, a.Out)
		return outcome(t, both)
	}())
	half := collectOf(t, a.Options)
	if !strings.Contains(half, "1 of 2 runs finished, 1 waiting") ||
		!strings.Contains(half, "missing: DRIVE (phantom) U-Net") {
		t.Error(half)
	}
	// The plain sweep goes on from what was collected.
	if said := sweepOf(t, both.Options); strings.Count(said, "finished before") != 2 {
		t.Error(said)
	}
}

// TestCollectLeavesOutWhatDoesNotBelong together, says so, and touches nothing of it.
func TestCollectLeavesOutWhatDoesNotBelong(t *testing.T) {
	long(t)
	o, other, both := inProcess(t, tiny), inProcess(t, strings.Replace(tiny, "1e-3", "2e-3", 1)), inProcess(t, tiny)
	sweepOf(t, o)
	sweepOf(t, other)
	said := collectOf(t, both, o.Out, other.Out)
	if n := strings.Count(said, "under other settings"); n != 2 || !strings.Contains(said, "learning_rate") {
		t.Errorf("%d folders are left out:\n%s", n, said)
	}
	same(t, "collected", outcomeOf(t, filepath.Join(o.Out, "two")), outcomeOf(t, filepath.Join(both.Out, "two")))

	// In one folder, they must not meet in a table.
	strange := firstRun(t, other)
	moved := filepath.Join(both.Out, "two", record.RunsFolder, filepath.Base(strange))
	if err := os.CopyFS(moved, os.DirFS(strange)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	both.Stdout = &out
	err := Collect(t.Context(), both, nil)
	if ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "under other settings") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := os.RemoveAll(moved); err != nil {
		t.Fatal(err)
	}

	// A damaged record and one of other code.
	path := filepath.Join(firstRun(t, both), record.RunFile)
	whole := read(t, path)
	damage := func(text string) {
		if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	damage(whole[:len(whole)/2])
	if said := collectOf(t, both); !strings.Contains(said, "1 of 2 runs finished, 1 damaged") ||
		!strings.Contains(said, "damaged: DRIVE (phantom) U-Net: read ") {
		t.Error(said)
	}
	damage(strings.Replace(whole, currentCode(), "0.0.1 revision abc", 1))
	if said := collectOf(t, both); !strings.Contains(said, "computed by different code") ||
		!strings.Contains(said, "1 run by 0.0.1 revision abc") {
		t.Error(said)
	}
}

// TestTheAgendaIsTheLongestFirst and its order depends on nothing but the matrix and the data.
func TestTheAgendaIsTheLongestFirst(t *testing.T) {
	o := inProcess(t, twoRuns)
	agenda := agendaOf(t, o)
	if len(agenda.Runs) != 2 || agenda.Profile != "two" || agenda.Device != "cpu" {
		t.Fatalf("%+v", agenda)
	}
	first, second := agenda.Runs[0], agenda.Runs[1]
	if first.Network != "R2U-Net t=2 shared" || first.Seconds <= second.Seconds || second.Seconds <= 0 ||
		first.Bytes <= second.Bytes || second.Bytes < 100<<20 || second.Index != 1 || first.Finished {
		t.Errorf("%+v", agenda.Runs)
	}
	if want := "two/runs/" + first.ID; first.Folder != want {
		t.Errorf("folder %s, want %s", first.Folder, want)
	}
	if err := Run(t.Context(), o, Which{Index: -1, ID: first.ID[len(first.ID)-8:]}, 0); err != nil {
		t.Fatal(err)
	}
	again := agendaOf(t, o)
	if !again.Runs[0].Finished || again.Runs[0].ID != first.ID {
		t.Errorf("%+v", again.Runs)
	}
}

// TestKilledRunIsTakenOverByAnotherWithTheSameBits kills a process after some file operations until one comes through.
func TestKilledRunIsTakenOverByAnotherWithTheSameBits(t *testing.T) {
	want := undisturbed(t, twoRuns)
	o := soakOptions(t, twoRuns)
	kills, takeovers := 0, 0
	for i := range 2 {
		for operation := 3; ; operation += 11 {
			o.KillAt = operation
			code, said := runAlone(t, o, Which{Index: i})
			if code == 0 {
				break
			}
			if code != -1 {
				t.Fatalf("exit code %d\n%s", code, said)
			}
			kills++
			if strings.Contains(said, "taken over from process ") {
				takeovers++
			}
		}
	}
	if kills < 5 || takeovers < kills-4 { // the first process may die before its claim, the last comes through
		t.Errorf("%d kills, %d processes that took over and were killed", kills, takeovers)
	}
	collectOf(t, o.Options)
	same(t, "after kills", want, outcome(t, o))
}

// TestOfTwoProcessesWithTheSameRunOneComputes.
func TestOfTwoProcessesWithTheSameRunOneComputes(t *testing.T) {
	o := soakOptions(t, strings.Replace(twoRuns, "patches = 96", "patches = 400", 1))
	var both sync.WaitGroup
	codes, outs := make([]int, 2), make([]string, 2)
	for i := range codes {
		both.Go(func() { codes[i], outs[i] = runAlone(t, o, Which{Index: 0}) })
	}
	both.Wait()
	slices.Sort(codes)
	if codes[0] != 0 || codes[1] != ExitInterrupted ||
		!strings.Contains(outs[0]+outs[1], " computes it, with its last heartbeat ") {
		t.Fatalf("exit codes %v\n%s\n%s", codes, outs[0], outs[1])
	}
	dirs, err := filepath.Glob(filepath.Join(o.Out, "two", record.RunsFolder, "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%v, %v", dirs, err)
	}
	timing, err := ReadTiming(dirs[0])
	if err != nil || timing.Sessions != 1 {
		t.Errorf("%d sessions, %v", timing.Sessions, err)
	}
	if code, said := runAlone(t, o, Which{Index: 0}); code != 0 || !strings.Contains(said, "finished before") {
		t.Errorf("exit code %d\n%s", code, said)
	}
}

// foreign writes the claim of a process on another machine.
func foreign(t *testing.T, dir string, age time.Duration) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "claim.1.json")
	text := `{"host":"node7","pid":4242,"boot":"another","space":"pid:[1]","process":"ABCDEFGH","every":10}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func TestRunOfAnotherMachineIsLeftAloneUntilItFallsSilent(t *testing.T) {
	o := inProcess(t, tiny)
	dir := firstRun(t, o)
	which := Which{Index: -1, ID: filepath.Base(dir)}
	foreign(t, dir, 20*time.Second)
	err := Run(t.Context(), o, which, 0)
	if ExitCode(err) != ExitInterrupted ||
		!strings.Contains(err.Error(), "U-Net: process 4242 on node7 computes it, with its last heartbeat 20s ago") {
		t.Errorf("exit code %d: %v", ExitCode(err), err)
	}
	view, err := Status(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := view.Print(&text); err != nil {
		t.Fatal(err)
	}
	if view.Running != 1 || view.Waiting != 1 ||
		!strings.Contains(text.String(), "on node7, process 4242, heartbeat 20s ago") {
		t.Errorf("%s", text.String())
	}
	foreign(t, dir, 2*time.Minute)
	var said strings.Builder
	o.Stdout = &said
	const takenOver = "taken over from process 4242 on node7"
	if err := Run(t.Context(), o, which, 0); err != nil || !strings.Contains(said.String(), takenOver) {
		t.Errorf("%v\n%s", err, said.String())
	}
	if view, err = Status(t.Context(), o); err != nil || view.Finished != 1 || view.Running != 0 {
		t.Errorf("%+v, %v", view, err)
	}
}

// TestPlainSweepWaitsForTheRunsOfOthers, and computes the rest meanwhile.
func TestPlainSweepWaitsForTheRunsOfOthers(t *testing.T) {
	o := inProcess(t, tiny)
	dir := firstRun(t, o)
	foreign(t, dir, 87*time.Second) // it falls silent after 90 s
	said := sweepOf(t, o)
	first := strings.Index(said, "process 4242 on node7 computes it; it is looked at again later")
	other := strings.Index(said, "R2U-Net t=2 shared: AUC")
	last := strings.Index(said, "taken over from process 4242 on node7")
	if first < 0 || other < first || last < other {
		t.Error(said)
	}
	same(t, "with a run of another's", undisturbed(t, tiny), outcomeOf(t, filepath.Join(o.Out, "two")))
}

// waitForRun waits until a run has begun.
func waitForRun(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if r, err := ReadRecord(dir); err == nil && r.Result.Status == evaluate.Running {
			return
		}
	}
	t.Fatal("the run does not begin")
}

// TestRunThatIsTakenOverWritesNothingMore: a process that was suspended comes back and finds its run claimed.
func TestRunThatIsTakenOverWritesNothingMore(t *testing.T) {
	o := inProcess(t, strings.Replace(twoRuns, "patches = 96", "patches = 100000", 1))
	o.Heartbeat = 20 * time.Millisecond
	dir := firstRun(t, o)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, o, Which{Index: -1, ID: filepath.Base(dir)}, 0) }()
	waitForRun(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "claim.2.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "claim.1.json")); err != nil {
		t.Fatal(err)
	}
	err := <-ended
	if !errors.Is(err, claim.ErrLost) || ExitCode(err) != ExitInterrupted {
		t.Errorf("exit code %d: %v", ExitCode(err), err)
	}
	if r, err := ReadRecord(dir); err != nil || r.Result.Status != evaluate.Running {
		t.Errorf("the record says %s, %v", r.Result.Status, err)
	}
}

// TestRunsBesideEachOtherHaveTheSameBits, and stop with the sweep.
func TestRunsBesideEachOtherHaveTheSameBits(t *testing.T) {
	beside := func(o childOptions) Options {
		options := o.Options
		options.Beside = Beside{Jobs: 2, Command: func(id string, threads int) *exec.Cmd {
			o := o
			o.Single, o.Threads, o.Attached = &Which{Index: -1, ID: id}, threads, true
			return child(t, o)
		}}
		return options
	}
	o := soakOptions(t, twoRuns)
	said := sweepOf(t, beside(o))
	same(t, "beside each other", undisturbed(t, twoRuns), outcome(t, o))
	second := strings.Index(said, "[2/2] DRIVE (phantom) U-Net\n")
	if end := strings.Index(said, "R2U-Net t=2 shared: AUC"); second < 0 || end < second {
		t.Errorf("not at once:\n%s", said)
	}

	long := soakOptions(t, strings.Replace(twoRuns, "patches = 96", "patches = 100000", 1))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	options := beside(long)
	options.Stdout = io.Discard
	ended := make(chan error, 1)
	go func() { ended <- Sweep(ctx, options) }()
	deadline := time.Now().Add(time.Minute)
	for {
		found, _ := filepath.Glob(filepath.Join(long.Out, "two", record.RunsFolder, "*", record.ProgressFile))
		if len(found) == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the runs do not begin")
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if err := <-ended; ExitCode(err) != ExitInterrupted {
		t.Errorf("exit code %d: %v", ExitCode(err), err)
	}
	view, err := Status(t.Context(), long.Options)
	if err != nil || view.Waiting != 2 || !view.Runs[0].Resumes || !view.Runs[1].Resumes {
		t.Errorf("%+v, %v", view, err)
	}
}

// TestSearchIsNotDistributed: all verbs refuse it in the same words, and say what to do.
func TestSearchIsNotDistributed(t *testing.T) {
	o := inProcess(t, searched)
	for verb, try := range map[string]func() error{
		"plan":    func() error { _, err := NewAgenda(t.Context(), o); return err },
		"status":  func() error { _, err := Status(t.Context(), o); return err },
		"run":     func() error { return Run(t.Context(), o, Which{}, 0) },
		"collect": func() error { return Collect(t.Context(), o, nil) },
	} {
		err := try()
		said := ""
		if err != nil {
			said = err.Error()
		}
		if ExitCode(err) != ExitInput || !strings.Contains(said, "run it as a plain sweep (sweep -profile two, ") {
			t.Errorf("%s: exit code %d, %v", verb, ExitCode(err), err)
		}
	}
	if _, err := os.Stat(filepath.Join(o.Out, "two")); err == nil {
		t.Error("there is a results folder")
	}
}
