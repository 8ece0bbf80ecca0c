package engines

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestQueueIsWhatSqueueSays uses a squeue that knows one of two arrays.
func TestQueueIsWhatSqueueSays(t *testing.T) {
	needBash(t)
	dir := t.TempDir()
	if queue, err := SlurmQueue(t.Context(), dir); queue != nil || err != nil {
		t.Fatalf("without an array: %v, %v", queue, err)
	}
	if err := os.MkdirAll(SlurmFolder(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(SlurmFolder(dir), jobsFile), "12\n13\n14\n")
	write(t, filepath.Join(dir, "squeue"), `#!/bin/bash
case "$*" in
*--jobs=12) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;;
*--jobs=13) printf 'RUNNING\nPENDING\nRUNNING\nNODE_FAIL\n' ;;
*) echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1 ;;
esac
`)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	if _, err := SlurmQueue(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "Unable to contact") {
		t.Errorf("a controller that does not answer: %v", err)
	}
	write(t, filepath.Join(SlurmFolder(dir), jobsFile), "12\n13\n")
	queue, err := SlurmQueue(t.Context(), dir)
	want := "[Slurm array 12: no longer in the queue Slurm array 13: 1 node fail, 1 pending, 2 running]"
	if got := fmt.Sprint(queue); err != nil || got != want {
		t.Errorf("%v, %v; want %s", got, err, want)
	}
}
