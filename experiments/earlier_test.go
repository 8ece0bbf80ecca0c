package experiments

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/cpu/isa"
)

// TestFinishedRunsOnOtherFilesAreRefused: the tables would compare networks on different truths. The run that is still
// to come is of another network than the one that is finished.
func TestFinishedRunsOnOtherFilesAreRefused(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	o.Data, o.Only = drawn(t), "arch=U-Net"
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	labels, err := filepath.Glob(filepath.Join(o.Data, "DRIVE", "*", "1st_manual", "*"))
	if err != nil || len(labels) == 0 {
		t.Fatal(labels, err)
	}
	content := read(t, labels[0])
	writeText(t, labels[0], content+"\x00") // a byte after the end: the same picture, another file
	o.Only = "arch=R2U-Net"
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitInput ||
		!strings.Contains(err.Error(), "DRIVE: its files are others than in 1 run of") ||
		!strings.Contains(err.Error(), "-fresh") {
		t.Errorf("exit code %d, %v", ExitCode(err), err)
	}
	writeText(t, labels[0], content)
	if err := Sweep(t.Context(), o); err != nil {
		t.Errorf("with the file restored: %v", err)
	}
}

// TestRunUnderOtherKernelsIsRefusedOrMarked goes on with a run under kernels that round otherwise.
func TestRunUnderOtherKernelsIsRefusedOrMarked(t *testing.T) {
	long(t)
	if isa.Best() == isa.Portable {
		t.Skip("this processor has one set of kernels")
	}
	o := inProcess(t, tiny)
	dir := firstRun(t, o)
	mkdir(t, dir, record.CurvesFile) // the run is trained and then fails
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitFailed {
		t.Fatal(err)
	}
	remove(t, filepath.Join(dir, record.CurvesFile))
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dev.Close() }()
	first, second := dev.Arithmetic(), "cpu portable"
	if runtime.GOARCH != "amd64" {
		second += " " + runtime.GOARCH // plain Go may round less often there
	}
	if found, err := ReadRecord(dir); err != nil || found.Result.Kernels != first {
		t.Fatalf("the record names the kernels %q, %v", found.Result.Kernels, err)
	}

	t.Setenv(isa.Variable, "portable")
	err = Sweep(t.Context(), o)
	if ExitCode(err) != ExitInput || !strings.Contains(err.Error(), "("+first+")") ||
		!strings.Contains(err.Error(), "("+second+")") || !strings.Contains(err.Error(), "-any-kernels") {
		t.Errorf("exit code %d, %v", ExitCode(err), err)
	}
	remove(t, filepath.Join(dir, record.RunFile)) // the checkpoint names them, too
	if err := Sweep(t.Context(), o); ExitCode(err) != ExitFailed {
		t.Errorf("without a record: exit code %d, %v", ExitCode(err), err)
	}
	if found, err := ReadRecord(dir); err != nil ||
		!strings.Contains(found.Result.Error, "under other kernels ("+first+")") {
		t.Errorf("without a record: %q, %v", found.Result.Error, err)
	}

	o.AnyKernels = true
	var out strings.Builder
	o.Stdout = &out
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	found, err := ReadRecord(dir)
	want := first + ", then " + second
	if err != nil || found.Result.Kernels != want ||
		!strings.Contains(found.Result.Note, "the bits of neither: "+want) {
		t.Errorf("kernels %q, note %q, %v", found.Result.Kernels, found.Result.Note, err)
	}
	t.Setenv(isa.Variable, "")
	o.AnyKernels = false
	if err := Sweep(t.Context(), o); err != nil ||
		!strings.Contains(out.String(), "warning: 1 finished runs were computed under other kernels") {
		t.Errorf("finished runs of other kernels: %v\n%s", err, out.String())
	}
}

func TestLastKernels(t *testing.T) {
	for chain, want := range map[string]string{
		"": "", "cpu avx2": "cpu avx2", "cpu avx512, then cpu avx2": "cpu avx2", "a, then b, then c": "c",
	} {
		if got := lastKernels(chain); got != want {
			t.Errorf("%q: %q; want %q", chain, got, want)
		}
	}
}

// TestOldRecordsSayNothingOfKernels: runs from before they were recorded are read as ever.
func TestOldRecordsSayNothingOfKernels(t *testing.T) {
	dirs, err := filepath.Glob("../results/reference/pytorch/runs/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	kernels := regexp.MustCompile(`"kernels": "[^"]*",`)
	for _, from := range dirs {
		dir := t.TempDir()
		text := read(t, filepath.Join(from, record.RunFile))
		if !kernels.MatchString(text) {
			t.Fatalf("%s has no kernels to leave out", from)
		}
		writeText(t, filepath.Join(dir, record.RunFile), kernels.ReplaceAllString(text, ""))
		if found, err := ReadRecord(dir); err != nil || found.Result.Status != evaluate.Finished ||
			found.Result.Kernels != "" {
			t.Errorf("%s: kernels %q, %v", dir, found.Result.Kernels, err)
		}
	}
}

func writeText(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
