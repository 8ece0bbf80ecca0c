package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
	"r2unet/internal/durable/faults"
)

// tiny is twoRuns in a fraction of a second.
var tiny = strings.NewReplacer("patches = 96", "patches = 8", "epochs = 3", "epochs = 2", "patch = 32", "patch = 16",
	"channels = [4, 8]", "channels = [2, 4]").Replace(twoRuns)

// inProcess are options for a sweep in this process.
func inProcess(t *testing.T, text string) Options {
	o := soakOptions(t, text).Options
	o.Stdout = io.Discard
	return o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// firstRun is the folder of a sweep's first run.
func firstRun(t *testing.T, o Options) string {
	t.Helper()
	s, jobs, _, err := begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.session.device.Close()
	return filepath.Join(o.Out, "two", record.RunsFolder, jobs[0].id)
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestFailingRunDoesNotStopTheSweepAndTheTableSaysWhy(t *testing.T) {
	o := inProcess(t, tiny)
	dir := firstRun(t, o)
	// a folder where a file is to be written
	if err := os.MkdirAll(filepath.Join(dir, record.CurvesFile), 0o755); err != nil {
		t.Fatal(err)
	}
	err := Sweep(t.Context(), o)
	var failed *FailedError
	if !errors.As(err, &failed) || failed.Failed != 1 || ExitCode(err) != ExitFailed {
		t.Fatalf("got %v, exit code %d", err, ExitCode(err))
	}
	found, err := ReadRecord(dir)
	if err != nil || found.Result.Status != evaluate.Failed ||
		!strings.Contains(found.Result.Error, record.CurvesFile) {
		t.Errorf("the record says %s: %q, %v", found.Result.Status, found.Result.Error, err)
	}
	table := read(t, filepath.Join(o.Out, "two", record.TablesFolder, "table-1.md"))
	if !strings.Contains(table, "failed") || !strings.Contains(table, record.CurvesFile) ||
		!strings.Contains(table, "R2U-Net") {
		t.Errorf("the table says neither which run failed nor why, or misses the other one:\n%s", table)
	}
	if err := os.Remove(filepath.Join(dir, record.CurvesFile)); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(t.Context(), o); err != nil {
		t.Errorf("the second try: %v", err)
	}
}

// TestFullDiskAtTheVeryEndIsSaid: what is written after the report can be made again, so that the sweep does not fail.
func TestFullDiskAtTheVeryEndIsSaid(t *testing.T) {
	o := inProcess(t, tiny)
	full, last := o, false
	var out strings.Builder
	full.Stdout = &out
	full.fs = failing{durable.OS, func(to string) bool {
		last = last || strings.Contains(to, filepath.Join("cache", "published"))
		return last
	}}
	err := Sweep(t.Context(), full)
	if err != nil || !last || !strings.Contains(out.String(), "no space left on device; nothing is lost") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	same(t, "after a full disk at the very end", undisturbed(t, tiny), outcome(t, childOptions{Options: o}))
}

// TestFaultAtAnyOperationIsSurvived fails SOAK_FAULTS file operations of a sweep, drawn from all of them: every second
// time that one alone, else all from that one on, as on a full disk. The sweep says so, and the next one, with the disk
// in order, ends with the bits of a sweep that nothing happened to.
func TestFaultAtAnyOperationIsSurvived(t *testing.T) {
	alone := inProcess(t, tiny)
	counter := &faults.FS{}
	alone.fs = counter
	if err := Sweep(t.Context(), alone); err != nil {
		t.Fatal(err)
	}
	want := outcome(t, childOptions{Options: alone})
	random, tries := chance(t, 8), count(t, "SOAK_FAULTS", 3)
	var once, forever, warned int
	for i, at := range random.Perm(counter.Operations()) {
		if once+forever == tries {
			break
		}
		at++ // operations count from 1
		o := inProcess(t, tiny)
		broken, disk := o, &faults.FS{At: at, Err: syscall.ENOSPC, Forever: i%2 == 0}
		var said strings.Builder
		broken.fs, broken.Stdout = disk, &said
		err := Sweep(t.Context(), broken)
		if disk.Operations() < at {
			continue // it had fewer operations: a faster disk takes more checkpoints
		}
		if disk.Forever {
			forever++
			if err == nil && !strings.Contains(said.String(), syscall.ENOSPC.Error()) {
				t.Errorf("every operation from %d of %d on failed, and the sweep said nothing", at, disk.Operations())
			}
		} else {
			once++
		}
		if err == nil {
			warned++
		} else if ExitCode(err) != ExitFailed {
			t.Errorf("operation %d failed: exit code %d; want %d, try again", at, ExitCode(err), ExitFailed)
		}
		if err := Sweep(t.Context(), o); err != nil {
			t.Fatalf("operation %d failed; after that: %v", at, err)
		}
		same(t, fmt.Sprintf("after a fault at operation %d", at), want, outcome(t, childOptions{Options: o}))
	}
	t.Logf("%d faults among %d file operations: %d of them once, %d from then on; %d sweeps came to their end with a "+
		"warning", once+forever, counter.Operations(), once, forever, warned)
}

// failing is a file system on which some renames fail as on a full disk.
type failing struct {
	durable.FS
	rename func(to string) bool // says whether this one does
}

func (f failing) Rename(from, to string) error {
	if f.rename(to) {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.ENOSPC}
	}
	return f.FS.Rename(from, to)
}

func TestHistoryThatTheDiskDidNotTakeIsWrittenInTheEnd(t *testing.T) {
	o := inProcess(t, tiny)
	var histories atomic.Int64 // checkpoints are renamed by another goroutine
	o.fs = failing{durable.OS, func(to string) bool {
		return filepath.Base(to) == record.HistoryFile && histories.Add(1) == 2 // of the last epoch
	}}
	var out strings.Builder
	o.Stdout = &out
	if err := Sweep(t.Context(), o); err != nil || !strings.Contains(out.String(), "warning: training goes on: write") {
		t.Errorf("%v\n%s", err, out.String())
	}
	same(t, "with a history that was written late", undisturbed(t, tiny), outcome(t, childOptions{Options: o}))
}

// TestStoppingOnAFullDiskSaysWhatIsLost: the state that cannot be saved is said to be lost, and nothing before it is.
func TestStoppingOnAFullDiskSaysWhatIsLost(t *testing.T) {
	o := inProcess(t, tiny)
	ctx, stop := context.WithCancel(t.Context())
	full := o
	full.fs = failing{durable.OS, func(to string) bool {
		if filepath.Base(to) == record.HistoryFile {
			stop() // at the end of the first epoch
		}
		return ctx.Err() != nil
	}}
	var out strings.Builder
	full.Stdout = &out
	err := Sweep(ctx, full)
	if ExitCode(err) != ExitInterrupted || !strings.Contains(out.String(), "while stopping: write") ||
		!strings.Contains(out.String(), "no space left") {
		t.Errorf("exit code %d, %v\n%s", ExitCode(err), err, out.String())
	}
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	same(t, "stopped on a full disk", undisturbed(t, tiny), outcome(t, childOptions{Options: o}))
}

// drawn is a data folder with a DRIVE in its official layout.
func drawn(t *testing.T) string {
	t.Helper()
	cache := t.TempDir()
	config := datasets.Config{
		Name: "DRIVE", Patch: 16, Patches: 8, ValidationPatches: 8, PhantomImages: 4, PhantomShrink: 4, Cache: cache,
	}
	if _, err := datasets.Open(t.Context(), config, "", 1); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "phantoms", "*", "DRIVE"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	return filepath.Dir(found[0])
}

func TestVanishedDataAreSaidAndNotReplacedByAPhantom(t *testing.T) {
	o := inProcess(t, tiny)
	o.Data = drawn(t)
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(o.Data, "DRIVE")); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput ||
		!strings.Contains(err.Error(), "DRIVE is no longer in the data folder") {
		t.Errorf("without the dataset: exit code %d, %v", ExitCode(err), err)
	}
	if err := os.RemoveAll(o.Data); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput || !strings.Contains(err.Error(), o.Data) {
		t.Errorf("without the data folder: exit code %d, %v", ExitCode(err), err)
	}
}

// TestDataThatVanishDuringASweepChangeNothing: all files were read and hashed before the first run began, and what was
// made of them is kept. The next sweep says that they are gone.
func TestDataThatVanishDuringASweepChangeNothing(t *testing.T) {
	calm := inProcess(t, tiny)
	calm.Data = drawn(t)
	if err := Sweep(t.Context(), calm); err != nil {
		t.Fatal(err)
	}
	want := outcome(t, childOptions{Options: calm})
	for name, moment := range map[string]string{
		"inside a run": record.HistoryFile, "between two runs": record.CurvesFile,
	} {
		t.Run(name, func(t *testing.T) {
			o := inProcess(t, tiny)
			o.Data = drawn(t)
			gone := false
			o.fs = failing{durable.OS, func(to string) bool {
				if filepath.Base(to) == moment && !gone {
					gone = true
					if err := os.RemoveAll(o.Data); err != nil {
						t.Error(err)
					}
				}
				return false
			}}
			if err := Sweep(t.Context(), o); err != nil {
				t.Error(err)
			}
			same(t, name, want, outcome(t, childOptions{Options: o}))
			if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput || !strings.Contains(err.Error(), o.Data) {
				t.Errorf("the next sweep: exit code %d, %v", ExitCode(err), err)
			}
		})
	}
}

// TestFolderThatIsTakenAwayIsSaid, not that another process had taken over: by a sweep, and by a run alone.
func TestFolderThatIsTakenAwayIsSaid(t *testing.T) {
	for name, compute := range map[string]func(o Options) error{
		"sweep":     func(o Options) error { return Sweep(t.Context(), o) },
		"sweep run": func(o Options) error { return Run(t.Context(), o, Which{Index: 0}, 0) },
	} {
		o := inProcess(t, strings.Replace(tiny, "epochs = 2", "epochs = 2000", 1))
		o.Heartbeat = 10 * time.Millisecond
		folder, gone := filepath.Join(o.Out, "two"), false
		o.fs = failing{durable.OS, func(to string) bool {
			if filepath.Base(to) == record.HistoryFile && !gone {
				gone = true
				must(t, os.Rename(folder, folder+"-moved"))
			}
			return false
		}}
		err := compute(o)
		if ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "the folder was removed or renamed meanwhile") {
			t.Errorf("%s: exit code %d, %v", name, ExitCode(err), err)
		}
	}
}

// changeLabels makes other files of the first observer's labels of DRIVE, with the same pictures in them.
func changeLabels(t *testing.T, data string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(data, "DRIVE"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".gif" || !strings.Contains(path, "manual1") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, append(content, 0), 0o644) // a byte after the end
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFileThatChangesUnderARunStopsIt(t *testing.T) {
	o := inProcess(t, tiny)
	o.Data = drawn(t)
	dir := firstRun(t, o)
	// the run is trained and then fails
	if err := os.MkdirAll(filepath.Join(dir, record.CurvesFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitFailed {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, record.CurvesFile)); err != nil {
		t.Fatal(err)
	}
	changeLabels(t, o.Data)
	before := read(t, filepath.Join(dir, record.RunFile))
	for _, plan := range []bool{true, false} {
		o.Plan = plan
		if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput ||
			!strings.Contains(err.Error(), "DRIVE: its files are others than in 2 runs") {
			t.Fatalf("exit code %d, %v", ExitCode(err), err)
		}
	}
	if read(t, filepath.Join(dir, record.RunFile)) != before {
		t.Error("the record was written anew")
	}
	o.Fresh = true
	if err := Sweep(t.Context(), o); err != nil {
		t.Errorf("with -fresh: %v", err)
	}
}
