package durable_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"r2unet/internal/durable"
	"r2unet/internal/durable/faults"
)

// TestFailedWriteLeavesTheOldContent fails every operation of a write in turn: afterwards the file holds the
// old content or the new one, never a part, and the error is the fault.
func TestFailedWriteLeavesTheOldContent(t *testing.T) {
	before, after := []byte("old"), bytes.Repeat([]byte("new"), 50_000)
	faultless := &faults.FS{}
	if err := durable.WriteBytes(faultless, filepath.Join(t.TempDir(), "a"), after); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= faultless.Operations(); at++ {
		for _, forever := range []bool{false, true} {
			dir := t.TempDir()
			path := filepath.Join(dir, "a")
			if err := durable.WriteBytes(durable.OS, path, before); err != nil {
				t.Fatal(err)
			}
			err := durable.WriteBytes(&faults.FS{At: at, Err: syscall.ENOSPC, Forever: forever}, path, after)
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("operation %d: got %v; want ENOSPC", at, err)
			}
			got, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got, before) && !bytes.Equal(got, after) {
				t.Errorf("operation %d: the file holds %d bytes, %v", at, len(got), err)
			}
			if err := durable.RemoveLeftovers(durable.OS, dir); err != nil {
				t.Fatal(err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("operation %d: %d files are left; want 1", at, len(entries))
			}
		}
	}
}

func TestFailedVolatileWriteLeavesNothingBehind(t *testing.T) {
	for at := 1; at <= 4; at++ {
		dir := t.TempDir()
		err := durable.WriteVolatile(&faults.FS{At: at, Err: syscall.ENOSPC}, filepath.Join(dir, "a"), []byte("new"))
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("operation %d: got %v; want ENOSPC", at, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("operation %d: %d files are left", at, len(entries))
		}
	}
}

// TestWritableFolderIsLeftAsItWas, and the reason why another is not writable does not name a file that nobody knows.
func TestWritableFolderIsLeftAsItWas(t *testing.T) {
	dir := t.TempDir()
	if err := durable.Writable(dir); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%d files are left", len(entries))
	}
	err := durable.Writable(filepath.Join(dir, "nowhere"))
	if !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v; want the reason alone", err)
	}
}

// windowsDenies is ERROR_ACCESS_DENIED in words.
var windowsDenies = syscall.Errno(5).Error()

func TestErrorNamesTheFileAndNotATemporaryOne(t *testing.T) {
	path, why := filepath.Join(t.TempDir(), "a"), "file exists"
	if runtime.GOOS == "windows" {
		why = windowsDenies
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"durable": durable.WriteBytes(durable.OS, path, nil), "volatile": durable.WriteVolatile(durable.OS, path, nil),
	} {
		if err == nil || err.Error() != "write "+path+": "+why {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestErrorOfAFolderThatIsNotThereNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "a")
	for what, err := range map[string]error{
		"durable": durable.WriteBytes(durable.OS, path, nil), "volatile": durable.WriteVolatile(durable.OS, path, nil),
	} {
		if err == nil || err.Error() != "write "+path+": no such file or directory" || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestWrittenFileIsReadableForOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := durable.WriteJSON(durable.OS, path, map[string]int{"x": 1}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 && runtime.GOOS != "windows" {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if content, _ := os.ReadFile(path); string(content) != "{\n  \"x\": 1\n}\n" {
		t.Errorf("content %q", content)
	}
}

func TestUnwritableValueLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := durable.WriteJSON(durable.OS, filepath.Join(dir, "a.json"), func() {}); err == nil {
		t.Error("a function was written as JSON")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%d files", len(entries))
	}
}

func TestLeftoversAreFoundInFoldersBelow(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".a.json.tmp-1", "a.json", ".hidden", "b/.c.png.tmp-2", "b/c.png"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := durable.RemoveLeftovers(durable.OS, dir); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, pattern := range []string{"*", "b/*"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				left = append(left, filepath.Base(path))
			}
		}
	}
	if want := []string{".hidden", "a.json", "c.png"}; !slices.Equal(left, want) {
		t.Errorf("left: %q; want %q", left, want)
	}
}

func TestStagedFilesLeaveNothingElsewhere(t *testing.T) {
	dir, stage := t.TempDir(), t.TempDir()
	fsys := durable.Staged(durable.OS, stage)
	path := filepath.Join(dir, "a.png")
	err := durable.WriteFile(fsys, path, func(w io.Writer) error {
		if left, _ := filepath.Glob(filepath.Join(stage, ".a.png.tmp-*")); len(left) != 1 {
			t.Errorf("%d temporary files in the stage while the file is written, want 1", len(left))
		}
		if names, _ := os.ReadDir(dir); len(names) != 0 {
			t.Errorf("%v beside the file while it is written", names)
		}
		_, err := io.WriteString(w, "whole")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "whole" {
		t.Errorf("%q, %v", content, err)
	}
	if names, _ := os.ReadDir(stage); len(names) != 0 {
		t.Errorf("%v left in the stage", names)
	}
}

// TestFilesWithTheLongestNamesAreWritten: the name of the temporary file is longer, and is one that is known as such.
func TestFilesWithTheLongestNamesAreWritten(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{strings.Repeat("x", 251) + ".png", strings.Repeat("ä", 125) + ".png"} {
		path := filepath.Join(dir, name)
		err := durable.WriteFile(durable.OS, path, func(w io.Writer) error {
			entries, err := os.ReadDir(dir)
			leftover := func(e os.DirEntry) bool { return durable.Temporary(e.Name()) }
			if err != nil || !slices.ContainsFunc(entries, leftover) {
				t.Errorf("%v, a killed program would leave %v", err, entries)
			}
			_, err = w.Write([]byte("1"))
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if err := durable.WriteVolatile(durable.OS, path, []byte("2")); err != nil {
			t.Error(err)
		}
		if content, err := os.ReadFile(path); err != nil || string(content) != "2" {
			t.Errorf("%q, %v", content, err)
		}
	}
}
