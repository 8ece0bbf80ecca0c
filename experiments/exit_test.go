package experiments

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/internal/durable"
	"r2unet/internal/durable/faults"
)

func TestExitCodeSaysWhetherToTryAgain(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "a", Err: syscall.ENOSPC}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{&FailedError{1, 2}, 1},
		{errors.New("the tables could not be written"), 1},
		{full, 1},
		{inputError(fmt.Errorf("make the results folder: %w", full)), 1},
		{inputError(&fs.PathError{Op: "open", Path: "a", Err: syscall.EMFILE}), 1},
		{inputError(&fs.PathError{Op: "mkdir", Path: "a", Err: syscall.EROFS}), 2},
		{inputError(&fs.PathError{Op: "mkdir", Path: "a", Err: syscall.EACCES}), 2},
		{inputError(errors.New("unknown key")), 2},
		{fmt.Errorf("sweep: %w", &InputError{Err: errors.New("unknown key")}), 2},
		{ErrInterrupted, 75},
		{fmt.Errorf("predict: %w", context.Canceled), 75},
	} {
		if got := ExitCode(c.err); got != c.want {
			t.Errorf("%v: exit code %d; want %d", c.err, got, c.want)
		}
	}
}

// TestSweepThatCannotBeginSaysWhetherToTryAgain: a disk that is full may have room the next time, a folder that may not
// be written will not.
func TestSweepThatCannotBeginSaysWhetherToTryAgain(t *testing.T) {
	o := inProcess(t, tiny)
	o.fs = &faults.FS{At: 1, Err: syscall.ENOSPC, Forever: true}
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitFailed || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("on a full disk: exit code %d, %v", ExitCode(err), err)
	}
	o.fs = &faults.FS{At: 1, Err: &fs.PathError{Op: "mkdir", Path: o.Out, Err: syscall.EACCES}, Forever: true}
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("where nothing may be written: exit code %d, %v", ExitCode(err), err)
	}
	held, err := claim.Take(mkdir(t, o.Out, "two"), claim.Every)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Release("") }()
	o.fs = nil
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "another sweep") {
		t.Errorf("beside another sweep: exit code %d, %v", ExitCode(err), err)
	}
}

// mkdir makes a folder.
func mkdir(t *testing.T, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRunStoppedBeforeItGoesOnLeavesWhatIsNoted: the times and the record of the session before are still there.
func TestRunStoppedBeforeItGoesOnLeavesWhatIsNoted(t *testing.T) {
	o := inProcess(t, tiny)
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s, jobs := opened(t, o)
	before := map[string]string{}
	for _, name := range []string{record.TimingFile, record.RunFile} {
		before[name] = read(t, filepath.Join(jobs[0].dir, name))
	}
	r := &runner{session: s.session, job: jobs[0], log: s.session.log} // still to be prepared
	if _, err := r.interrupt(context.Canceled); !errors.Is(err, ErrInterrupted) {
		t.Errorf("got %v", err)
	}
	for name, content := range before {
		if read(t, filepath.Join(jobs[0].dir, name)) != content {
			t.Errorf("%s was written anew", name)
		}
	}
}

// TestDamagedRecordOfAFinishedRunIsNamedAndMadeAgain: the checkpoint has everything, so only the test is repeated.
func TestDamagedRecordOfAFinishedRunIsNamedAndMadeAgain(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	dir := firstRun(t, o)
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	want := outcome(t, childOptions{Options: o})
	for _, name := range []string{record.RunFile, record.TimingFile} {
		if err := durable.WriteBytes(durable.OS, filepath.Join(dir, name), []byte(`{"config": {`)); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		o.Stdout = &out
		if err := Sweep(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "damaged: read "+filepath.Join(dir, name)) ||
			strings.Contains(out.String(), "epoch") {
			t.Errorf("%s: the sweep says\n%s", name, out.String())
		}
		same(t, name, want, outcome(t, childOptions{Options: o}))
	}
}

func TestDatasetThatIsNotThereAndCannotBeDrawnIsBadInput(t *testing.T) {
	datasets.Register(datasets.Description{
		Name: "undrawn", Files: "images/a.png",
		Match:  func(string) (files.Match, bool) { return files.Match{}, false },
		Splits: []datasets.Protocol{{Name: "each", Divide: datasets.LeaveOneOut}},
	})
	phantom := regexp.MustCompile(`(?m)^phantom-(images|shrink) = .*\n`)
	o := inProcess(t, strings.ReplaceAll(phantom.ReplaceAllString(tiny, ""), "DRIVE", "undrawn"))
	for data, want := range map[string]string{
		"":          "undrawn: cannot be drawn: name a data folder (-data), and put it into the folder undrawn there (images/a.png)",
		t.TempDir(): "undrawn: is not there, and cannot be drawn: put it into the data folder ",
	} {
		o.Data = data
		if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput || !strings.Contains(err.Error(), want) {
			t.Errorf("-data %q: exit code %d, %v; want %s", data, ExitCode(err), err, want)
		}
	}
}
