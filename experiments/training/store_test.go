package training

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"r2unet/evaluate/record"
	"r2unet/internal/checkpoint"
	"r2unet/internal/durable"
	"r2unet/internal/durable/faults"
)

func testStore(dir string) Store {
	return Store{durable.OS, dir, Identity{Config: testRun, Data: "0123456789abcdef", Code: "0.1.0 revision a"}}
}

// at returns a snapshot after so many steps of the first epoch.
func at(step int) Snapshot {
	return Snapshot{
		Position: Position{Step: step, Updates: step},
		Tensors:  []checkpoint.Tensor{{Name: "w", Shape: []int{2}, Data: []float32{float32(step), 1}}},
	}
}

// saved returns a folder with checkpoints after steps 1, 2 and 3.
func saved(t *testing.T) string {
	dir := t.TempDir()
	for step := 1; step <= 3; step++ {
		if err := testStore(dir).Save(at(step)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// load returns the step that training resumes from, 0 for the start, and the warnings.
func load(t *testing.T, s Store) (step int, warnings string) {
	t.Helper()
	snap, found, err := s.Load(func(text string) { warnings += text + "\n" })
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		return 0, warnings
	}
	return snap.Position.Step, warnings
}

func flip(t *testing.T, path string) {
	t.Helper()
	content := contents(t, path)
	content[len(content)-3] ^= 0x10
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTheLastTwoCheckpointsAreKept(t *testing.T) {
	dir := saved(t)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%d files, %v; want 2", len(entries), err)
	}
	if step, warnings := load(t, testStore(dir)); step != 3 || warnings != "" {
		t.Errorf("step %d, warnings %q", step, warnings)
	}
}

func TestDamagedCheckpointIsNamedAndThePreviousOneUsed(t *testing.T) {
	dir := saved(t)
	flip(t, filepath.Join(dir, record.CheckpointFile))
	step, warnings := load(t, testStore(dir))
	if step != 2 || !strings.Contains(warnings, filepath.Join(dir, record.CheckpointFile)) ||
		!strings.Contains(warnings, "epoch 1, step 2") {
		t.Errorf("step %d, warnings %q", step, warnings)
	}
	dir = saved(t)
	flip(t, filepath.Join(dir, record.CheckpointFile))
	flip(t, filepath.Join(dir, record.PreviousFile))
	step, warnings = load(t, testStore(dir))
	if step != 0 || !strings.Contains(warnings, filepath.Join(dir, record.CheckpointFile)) ||
		!strings.Contains(warnings, filepath.Join(dir, record.PreviousFile)) ||
		!strings.Contains(warnings, "first step") {
		t.Errorf("with both damaged: step %d, warnings %q", step, warnings)
	}
}

// TestDamagedCheckpointNeverReplacesTheSoundOne fails each file operation of the first save after a damaged checkpoint
// was found.
func TestDamagedCheckpointNeverReplacesTheSoundOne(t *testing.T) {
	for n, done := 1, false; !done; n++ {
		dir := saved(t)
		flip(t, filepath.Join(dir, record.CheckpointFile))
		if step, _ := load(t, testStore(dir)); step != 2 {
			t.Fatalf("step %d is gone on from; want 2", step)
		}
		disk := &faults.FS{At: n, Err: syscall.EIO, Forever: true}
		done = (Store{disk, dir, testStore(dir).Identity}).Save(at(4)) == nil
		if step, _ := load(t, testStore(dir)); step != 2 && step != 4 {
			t.Errorf("operation %d failed: step %d is found; want 2 or 4", n, step)
		}
	}
}

// TestCheckpointThatCannotBeReadIsNotTakenForDamaged: starting again would lose its content.
func TestCheckpointThatCannotBeReadIsNotTakenForDamaged(t *testing.T) {
	dir := saved(t)
	path := filepath.Join(dir, record.CheckpointFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, path); err != nil { // which root cannot read either
		t.Fatal(err)
	}
	_, _, err := testStore(dir).Load(func(text string) { t.Error(text) })
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "make it readable") {
		t.Errorf("got %v", err)
	}
}

func TestTruncatedCheckpointIsNotUsed(t *testing.T) {
	dir := saved(t)
	if err := os.Truncate(filepath.Join(dir, record.CheckpointFile), 100); err != nil {
		t.Fatal(err)
	}
	if step, warnings := load(t, testStore(dir)); step != 2 || warnings == "" {
		t.Errorf("step %d, warnings %q", step, warnings)
	}
}

// TestEveryFailingOperationLeavesACheckpoint fails each file operation of a save in turn: an intact checkpoint, the
// last or the new one, is always found.
func TestEveryFailingOperationLeavesACheckpoint(t *testing.T) {
	faultless := &faults.FS{}
	dir := saved(t)
	if err := (Store{faultless, dir, testStore(dir).Identity}).Save(at(4)); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= faultless.Operations(); n++ {
		for _, forever := range []bool{false, true} {
			dir := saved(t)
			broken := Store{&faults.FS{At: n, Err: syscall.EIO, Forever: forever}, dir, testStore(dir).Identity}
			if err := broken.Save(at(4)); err == nil {
				t.Errorf("operation %d failed unnoticed", n)
			}
			if step, _ := load(t, testStore(dir)); step != 3 && step != 4 {
				t.Errorf("operation %d failed: step %d is found; want 3 or 4", n, step)
			}
		}
	}
}

func TestCheckpointOfOtherSettingsIsRefusedWithTheDifference(t *testing.T) {
	dir := saved(t)
	s := testStore(dir)
	s.Identity.Config.Training.LearningRate = 0.2
	_, _, err := s.Load(func(string) {})
	if err == nil || !strings.Contains(err.Error(), "training.learning_rate: 0.2 now, 0.1 then") {
		t.Errorf("got %v", err)
	}
}

func TestChangedDataIsRefused(t *testing.T) {
	dir := saved(t)
	s := testStore(dir)
	s.Identity.Data = "fedcba9876543210"
	_, _, err := s.Load(func(string) {})
	if err == nil || !strings.Contains(err.Error(), "have changed") {
		t.Errorf("got %v", err)
	}
}

func TestCheckpointOfOtherCodeIsGoneOnWithAndBothAreNamed(t *testing.T) {
	dir := saved(t)
	s := testStore(dir)
	s.Identity.Code = "0.2.0 revision b"
	step, warnings := load(t, s)
	if step != 3 || !strings.Contains(warnings, "0.1.0 revision a") ||
		!strings.Contains(warnings, "0.2.0 revision b") ||
		!strings.Contains(warnings, filepath.Join(dir, record.CheckpointFile)) {
		t.Errorf("step %d, warnings %q", step, warnings)
	}
}

func TestCheckpointWithoutHashIsDamaged(t *testing.T) {
	dir := saved(t)
	path := filepath.Join(dir, record.CheckpointFile)
	content := strings.Replace(string(contents(t, path)), "content_sha256", "content_sha255", 1)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if step, warnings := load(t, testStore(dir)); step != 2 || !strings.Contains(warnings, "no content hash") {
		t.Errorf("step %d, warnings %q", step, warnings)
	}
}

func TestEveryValueThatIsNotFiniteIsFound(t *testing.T) {
	inf := float32(math.Inf(1))
	for n := range 20 {
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(i-9) / 10 * math.MaxFloat32
		}
		if !allFinite(values) {
			t.Errorf("%v is finite", values)
		}
		for i, before := range values {
			for _, bad := range []float32{float32(math.NaN()), inf, -inf} {
				if values[i] = bad; allFinite(values) {
					t.Errorf("%g at %d of %d was not found", bad, i, n)
				}
			}
			values[i] = before
		}
	}
}
