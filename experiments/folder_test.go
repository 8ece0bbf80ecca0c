package experiments

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/internal/durable"
)

func TestSecondSweepOnAFolderIsRefusedWithTheHoldersName(t *testing.T) {
	dir := t.TempDir()
	first, err := acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	_, err = acquire(dir)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d on %s", os.Getpid(), host)) {
		t.Errorf("got %v", err)
	}
	if err := first.release(); err != nil {
		t.Fatal(err)
	}
	again, err := acquire(dir)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	_ = again.release()
}

// leaveLock writes the lock file of a sweep that has died.
func leaveLock(t *testing.T, dir string, h holder) {
	t.Helper()
	content, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, record.LockFile), append(content, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLockOfADeadHolderIsTakenOver(t *testing.T) {
	here := self()
	for name, dead := range map[string]holder{
		"this host":                       {PID: 999999, Host: here.Host, Boot: here.Boot},
		"this host before it was started": {PID: 1, Host: here.Host, Boot: "before"},
		"another container of this host":  {PID: 1, Host: "2f5c9b01", Boot: here.Boot},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			leaveLock(t, dir, dead)
			l, err := acquire(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.release() }()
			var h holder
			if err := record.ReadJSON(filepath.Join(dir, record.LockFile), &h); err != nil || h.PID != os.Getpid() {
				t.Errorf("the file says %+v, %v", h, err)
			}
		})
	}
	t.Run("garbage", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, record.LockFile), []byte(strings.Repeat("{", 5000)),
			0o644); err != nil {
			t.Fatal(err)
		}
		l, err := acquire(dir)
		if err != nil {
			t.Fatal(err)
		}
		_ = l.release()
	})
}

// TestLockOfAnotherHostIsNotTakenOver: where the file system does not pass locks on between hosts, the operating
// system's lock is free to take while another host's sweep is writing.
func TestLockOfAnotherHostIsNotTakenOver(t *testing.T) {
	dir := t.TempDir()
	leaveLock(t, dir, holder{PID: 42, Host: "node7", Boot: "its own"})
	_, err := acquire(dir)
	if err == nil || !strings.Contains(err.Error(), "process 42 on node7") ||
		!strings.Contains(err.Error(), "remove "+filepath.Join(dir, record.LockFile)) {
		t.Errorf("got %v", err)
	}

	there, err := acquireAs(holder{PID: 42, Host: "node7", Boot: "its own"}, dir)
	if err != nil {
		t.Fatalf("the host itself: %v", err)
	}
	if err := there.release(); err != nil {
		t.Fatal(err)
	}
	l, err := acquire(dir)
	if err != nil {
		t.Fatalf("after the other host's sweep has ended in good order: %v", err)
	}
	_ = l.release()
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
