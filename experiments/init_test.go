package experiments

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"r2unet/evaluate/record"
	"r2unet/experiments/training"
	"r2unet/internal/checkpoint"
)

// oneRun is twoRuns without its second network, for one epoch.
var oneRun = func() string {
	before, rest, _ := strings.Cut(twoRuns, "[[architecture]]\nname = \"R2U-Net\"")
	_, after, _ := strings.Cut(rest, "[[dataset]]")
	return strings.Replace(before+"[[dataset]]"+after, "epochs = 3", "epochs = 1", 1)
}()

// TestRunStartsFromTheWeightsOfAFile: of a checkpoint of ours or, without its metadata, of another program; a frozen
// encoder keeps them.
func TestRunStartsFromTheWeightsOfAFile(t *testing.T) {
	long(t)
	checkpointOf := func(dir string) string { return filepath.Join(dir, record.CheckpointFile) }
	weights := func(dir string) map[string]checkpoint.Tensor {
		f, err := training.ReadTrained(checkpointOf(dir))
		if err != nil {
			t.Fatal(err)
		}
		byName := map[string]checkpoint.Tensor{}
		for _, tensor := range f.Tensors {
			byName[tensor.Name] = tensor
		}
		return byName
	}
	first := soleRun(t, oneRun)
	own, err := os.ReadFile(checkpointOf(first))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Decode(own)
	if err != nil {
		t.Fatal(err)
	}
	f.Metadata = nil
	foreign := filepath.Join(t.TempDir(), "foreign")
	out, err := os.Create(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Encode(out, f); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	bare, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	frozen := strings.Replace(oneRun, "epochs = 1", "epochs = 1\ninit = \"start.safetensors\"\nfreeze = \"encoder\"", 1)
	was := weights(first)
	var ids []string
	var ends []map[string]checkpoint.Tensor
	for _, start := range [][]byte{own, bare} {
		o := inProcess(t, frozen)
		beside := filepath.Join(filepath.Dir(o.Config), "start.safetensors")
		if err := os.WriteFile(beside, start, 0o644); err != nil {
			t.Fatal(err)
		}
		sweepOf(t, o)
		dir := firstRun(t, o)
		ids = append(ids, filepath.Base(dir))
		now := weights(dir)
		ends = append(ends, now)
		for name, tensor := range now {
			if same := reflect.DeepEqual(tensor, was[name]); same != strings.HasPrefix(name, "encoder.") {
				t.Errorf("%s is as before: %t", name, same)
			}
		}
		found, err := ReadRecord(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(found.Result.Note, "trained from the weights of a file, SHA-256 "+
			found.Config.Training.InitHash[:12]+", the encoder frozen") {
			t.Errorf("the note is %q", found.Result.Note)
		}
		if text := read(t, filepath.Join(dir, record.RunFile)); strings.Contains(text, "start.safetensors") {
			t.Error("run.json names the file and not its content alone")
		}
		if err := os.Remove(beside); err != nil {
			t.Fatal(err)
		}
		if err := Sweep(t.Context(), o); err == nil || !strings.Contains(err.Error(), `init = "start.safetensors": `) ||
			ExitCode(err) != 2 {
			t.Errorf("without the file: %v", err)
		}
	}
	if ids[0] == ids[1] {
		t.Error("runs from two files have one name")
	}
	if !reflect.DeepEqual(ends[0], ends[1]) {
		t.Error("the same weights from two files end differently")
	}
}

// TestWeightsOfAnotherNetworkAreRefused with a list of what differs, before anything is computed.
func TestWeightsOfAnotherNetworkAreRefused(t *testing.T) {
	first := soleRun(t, oneRun)
	o := inProcess(t, strings.NewReplacer("channels = [4, 8]", "channels = [4, 6]\nskip = \"attention\"",
		"epochs = 1", "epochs = 1\ninit = \"start.safetensors\"").Replace(oneRun))
	content := read(t, filepath.Join(first, record.CheckpointFile))
	if err := os.WriteFile(filepath.Join(filepath.Dir(o.Config), "start.safetensors"), []byte(content),
		0o644); err != nil {
		t.Fatal(err)
	}
	err := Sweep(t.Context(), o)
	if err == nil || ExitCode(err) != 2 {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{
		`two.toml:`, `init = "start.safetensors": its tensors are not those of U-Net`,
		"encoder.1.units.0.conv.weight is [8 4 3 3], expected [6 4 3 3]", "more",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}
