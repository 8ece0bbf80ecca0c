package experiments

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestPatienceEndsARunAndSaysSo: and what is tested is what a run of so many epochs tests.
func TestPatienceEndsARunAndSaysSo(t *testing.T) {
	found, err := ReadRecord(soleRun(t, strings.Replace(selecting, "epochs = 3", "epochs = 8\npatience = 1", 1)))
	if err != nil {
		t.Fatal(err)
	}
	best, stopped := found.Best.Epoch, found.StoppedEpoch
	if best == 0 || stopped != best+1 || found.TestedEpoch != best {
		t.Fatalf("best epoch %d, tested %d, stopped after %d", best, found.TestedEpoch, stopped)
	}
	if want := fmt.Sprintf("stopped after epoch %d of 8: epoch %d has the smallest validation loss", stopped, best); !strings.Contains(found.Result.Note, want) {
		t.Errorf("the note is %q, want %q", found.Result.Note, want)
	}
	whole, err := ReadRecord(soleRun(t, strings.Replace(selecting, "epochs = 3", fmt.Sprintf("epochs = %d", stopped), 1)))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(found.Result.Measures)
	b, _ := json.Marshal(whole.Result.Measures)
	if string(a) != string(b) || whole.StoppedEpoch != 0 || strings.Contains(whole.Result.Note, "stopped") {
		t.Errorf("measured %s\na run of %d epochs (stopped after %d): %s", a, stopped, whole.StoppedEpoch, b)
	}
}

// soleRun runs a sweep and returns the folder of its first run.
func soleRun(t *testing.T, text string) string {
	t.Helper()
	o := inProcess(t, text)
	sweepOf(t, o)
	return firstRun(t, o)
}
