package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/experiments/matrix"
	"r2unet/internal/durable"
)

func TestSecondSweepOnAFolderIsRefusedWithTheHoldersName(t *testing.T) {
	o := inProcess(t, tiny)
	first, err := claim.Take(mkdir(t, o.Out, "two"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	err = Sweep(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d on %s, since ", os.Getpid(), host)) ||
		!strings.Contains(err.Error(), "another sweep") || ExitCode(err) != ExitInput {
		t.Errorf("exit code %d: %v", ExitCode(err), err)
	}
	if err := first.Release("finished"); err != nil {
		t.Fatal(err)
	}
	sweepOf(t, o)
}

// TestFolderOfADeadSweepIsTakenOver at once where its process is seen to be gone, as after a restart, and else once it
// has been silent for long enough.
func TestFolderOfADeadSweepIsTakenOver(t *testing.T) {
	here := durable.Self()
	here.Process = "earlier"
	near, err := json.Marshal(claim.Claim{Owner: claim.Owner{Owner: here}, Every: 3600})
	if err != nil {
		t.Fatal(err)
	}
	far := []byte(`{"host":"node7","pid":42,"boot":"another","space":"pid:[1]","process":"ABCDEFGH","every":0.2}`)
	for name, c := range map[string]struct {
		content []byte
		age     time.Duration
		waits   bool
	}{
		"of this machine":                {near, 0, false},
		"of another machine, long ago":   {far, time.Hour, false},
		"of another machine, until now":  {far, 0, true},
		"that had not yet said its name": {nil, 2 * time.Minute, false},
		"with garbage":                   {[]byte(strings.Repeat("{", 5000)), 2 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := inProcess(t, tiny)
			path := filepath.Join(mkdir(t, o.Out, "two"), "claim.7.json")
			must(t, os.WriteFile(path, c.content, 0o644))
			then := time.Now().Add(-c.age)
			must(t, os.Chtimes(path, then, then))
			var said strings.Builder
			o.Stdout = &said
			s, _ := opened(t, o)
			if strings.Contains(said.String(), "process 42 on node7 was writing here") != c.waits {
				t.Errorf("waits: %v; it says %q", c.waits, said.String())
			}
			left, err := filepath.Glob(filepath.Join(s.session.folder, "claim.*"))
			if err != nil || len(left) != 1 || filepath.Base(left[0]) != "claim.8.json" {
				t.Errorf("claims %v, %v", left, err)
			}
		})
	}
}

// TestFolderOfALiveSweepElsewhereIsLeft: the sweep of another machine has its next heartbeat while this one watches.
func TestFolderOfALiveSweepElsewhereIsLeft(t *testing.T) {
	o := inProcess(t, tiny)
	path := filepath.Join(mkdir(t, o.Out, "two"), "claim.1.json")
	beat := func(at time.Time) {
		text := fmt.Sprintf(`{"host":"node7","pid":42,"boot":"another","space":"pid:[1]","process":"ABCDEFGH",`+
			`"every":60,"beat":%q}`, at.Format(time.RFC3339Nano))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	beat(time.Now())
	ended := make(chan error, 1)
	go func() { ended <- Sweep(t.Context(), o) }()
	for tick := time.NewTicker(time.Second); ; {
		select {
		case err := <-ended:
			tick.Stop()
			if err == nil || !strings.Contains(err.Error(), "another sweep is writing into") ||
				!strings.Contains(err.Error(), "process 42 on node7") {
				t.Errorf("got %v", err)
			}
			return
		case now := <-tick.C:
			beat(now)
		}
	}
}

// TestSweepWhoseFolderIsTakenOverStops: one that was suspended for minutes, and comes back beside its successor.
func TestSweepWhoseFolderIsTakenOverStops(t *testing.T) {
	o := inProcess(t, strings.Replace(twoRuns, "patches = 96", "patches = 100000", 1))
	o.Heartbeat = 20 * time.Millisecond
	dir := firstRun(t, o)
	ended := make(chan error, 1)
	go func() { ended <- Sweep(t.Context(), o) }()
	waitForRun(t, dir)
	mine := filepath.Join(filepath.Dir(filepath.Dir(dir)), "claim.1.json")
	must(t, os.Rename(mine, filepath.Join(filepath.Dir(mine), "claim.2.json")))
	if err := <-ended; !errors.Is(err, claim.ErrLost) || ExitCode(err) != ExitInterrupted {
		t.Errorf("exit code %d: %v", ExitCode(err), err)
	}
}

func TestFolderThatCannotBeWrittenIsRefusedAtOnce(t *testing.T) {
	root := t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "file"), nil, 0o666))
	must(t, os.Mkdir(filepath.Join(root, "closed"), 0o555))
	for out, want := range map[string]string{
		"new/results": "", "": "", "file/results": "file is not a folder",
		"closed/results": "into " + filepath.Join(root, "closed"),
	} {
		if out == "closed/results" && os.Geteuid() <= 0 {
			continue // nothing is closed to root, and Windows has other rights
		}
		err := checkWritable(filepath.Join(root, out))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", out, err)
		}
	}
	if left, err := os.ReadDir(root); err != nil || len(left) != 2 {
		t.Errorf("left %v, %v", left, err)
	}
	o := inProcess(t, twoRuns)
	o.Out = filepath.Join(root, "file")
	var said strings.Builder
	o.Stdout = &said
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput || said.Len() > 0 {
		t.Errorf("exit code %d, %v, and said %q", ExitCode(err), err, said.String())
	}
	if runtime.GOOS != "linux" {
		return
	}
	o.Out = "/proc/results" // in which nobody makes files
	for what, err := range map[string]error{"sweep": Sweep(t.Context(), o), "run": Run(t.Context(), o, Which{}, 0)} {
		if err == nil || !strings.Contains(err.Error(), "cannot be written into /proc: ") || said.Len() > 0 {
			t.Errorf("%s: %v, and said %q", what, err, said.String())
		}
	}
}

func TestFreshBeginsANewFolderAndTheNewestIsGoneOnWith(t *testing.T) {
	out := t.TempDir()
	step := func(fresh bool, want string) {
		t.Helper()
		got, err := sweepFolder(out, "quick", fresh)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(got) != want {
			t.Errorf("fresh=%v: %s; want %s", fresh, filepath.Base(got), want)
		}
		if err := os.MkdirAll(got, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(out, "quick-and-dirty"), 0o755); err != nil {
		t.Fatal(err)
	}
	step(false, "quick")
	step(false, "quick")
	step(true, "quick-2")
	step(false, "quick-2")
	step(true, "quick-3")
	step(false, "quick-3")
}

func TestSameRunUnderOtherSettingsIsRefusedWithTheDifference(t *testing.T) {
	dir := t.TempDir()
	run := matrix.Run{Seed: 1, Device: "cpu", Training: matrix.Training{Epochs: 3, Batch: 4, LearningRate: 0.1}}
	run.Architecture.Name, run.Dataset.Name = "U-Net", "DRIVE"
	id, err := run.ID()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, record.RunsFolder, id)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (Record{Config: run}).save(durable.OS, folder); err != nil {
		t.Fatal(err)
	}
	check := func(run matrix.Run, data string) ([]retest, error) {
		id, err := run.ID()
		if err != nil {
			t.Fatal(err)
		}
		return checkSettings(dir, []*job{{run: run, id: id}}, data)
	}
	if anew, err := check(run, ""); err != nil || anew != nil {
		t.Errorf("the same settings: %v, %v", anew, err)
	}
	changed := run
	changed.Training.Epochs++
	_, err = check(changed, "")
	if err == nil || !strings.Contains(err.Error(), "training.epochs: 4 now, 3 then") ||
		!strings.Contains(err.Error(), "-fresh") {
		t.Errorf("got %v", err)
	}
	tested := run
	tested.Training.Test, tested.Training.Stride = "patches", 8
	if anew, err := check(tested, ""); err != nil || len(anew) != 1 || anew[0].from != folder ||
		!strings.Contains(anew[0].diff, "training.stride: 8 now, 0 then") {
		t.Errorf("another test: %+v, %v", anew, err)
	}
	other := changed
	other.Phantom = true
	if anew, err := check(other, ""); err != nil || anew != nil {
		t.Errorf("another run: %v, %v", anew, err)
	}
	if _, err := check(other, "data"); err == nil ||
		!strings.Contains(err.Error(), "DRIVE is no longer in the data folder data") {
		t.Errorf("a phantom in the place of a dataset that was there: %v", err)
	}
}
