package models

import (
	"bytes"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/record"
	"r2unet/experiments"
	"r2unet/experiments/segment"
)

// tiny trains a network on phantoms, of which keep = "all" leaves the optimizer's state in the checkpoint too.
const tiny = `
[[architecture]]
name = "R2U-Net"
block = "recurrent-residual"
t = 2
channels = [2, 4]

[[dataset]]
name = "DRIVE"
patch = 16
patches = 8
validation-patches = 4
phantom-images = 6

[[experiment]]
name = "all"

[profile.tiny]
epochs = 1
batch = 4
learning-rate = 1e-3
test-images = 2
keep = "all"
`

// trained returns the folder of a run, and that of pictures like its own.
func trained(t *testing.T) (run, images string) {
	t.Helper()
	return trainedOf(t, tiny)
}

func trainedOf(t *testing.T, text string) (run, images string) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "tiny.toml")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	o := experiments.Options{Config: config, Profile: "tiny", Out: dir, Device: "cpu", Seed: 1, Stdout: io.Discard}
	if err := experiments.Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return only(t, dir, "tiny/runs/drive-*"), only(t, dir, "cache/phantoms/*/DRIVE/test/images")
}

func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s matches %q, %v", pattern, found, err)
	}
	return found[0]
}

func TestRunBecomesAModelThatSegmentsAlike(t *testing.T) {
	run, images := trained(t)
	root := t.TempDir()
	out := filepath.Join(root, filepath.FromSlash(Folder))
	o := Options{Run: run, Name: "eyes", Licence: "drawn by a program", Note: "A test.", Out: out}
	folder, err := Publish(o)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := find("eyes", []string{t.TempDir(), root}); err != nil || found != folder {
		t.Fatalf("found %q, %v, want %q", found, err, folder)
	}
	var masks [2][]byte
	for i, checkpoint := range []string{run, folder} {
		results := t.TempDir()
		err := segment.Run(t.Context(), segment.Options{
			Checkpoints: []string{checkpoint}, Images: []string{images}, Out: results, Device: "cpu",
		})
		if err != nil {
			t.Fatal(err)
		}
		masks[i] = pixels(t, filepath.Join(results, "01_test_probability.png"))
	}
	if !bytes.Equal(masks[0], masks[1]) {
		t.Error("the model gives other probabilities than its run")
	}
	card := content(t, folder, CardFile)
	for _, want := range []string{
		"# eyes: R2U-Net t=2", "drawn by a program", "A test.", "not a medical device", "of no use for real ones",
		"segment -model eyes", "| F1 |", "| AUC |", "2 images: 01_test, 02_test", "mean 0.", "seed 1",
		"-profile tiny -data DIR -seed 1 -id " + filepath.Base(run), `"learning_rate": 0.001`,
	} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q:\n%s", want, card)
		}
	}
	full, small := len(content(t, run, record.CheckpointFile)), len(content(t, folder, record.CheckpointFile))
	if small >= full/2 {
		t.Errorf("the model's checkpoint has %d bytes, the run's %d with the optimizer's state", small, full)
	}
	if _, err := Publish(o); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if again := content(t, folder, CardFile); again != card {
		t.Error("the same run gives another card")
	}
	o.Note = "Another."
	if _, err := Publish(o); err == nil || !strings.Contains(err.Error(), "say -replace") {
		t.Errorf("another card in its place: %v", err)
	}
	o.Replace = true
	if _, err := Publish(o); err != nil || !strings.Contains(content(t, folder, CardFile), "Another.") {
		t.Errorf("replaced: %v", err)
	}
}

func pixels(t *testing.T, path string) []byte {
	t.Helper()
	m, err := png.Decode(strings.NewReader(content(t, filepath.Dir(path), filepath.Base(path))))
	if err != nil {
		t.Fatal(err)
	}
	var values []byte
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			v, _, _, _ := m.At(x, y).RGBA()
			values = append(values, byte(v), byte(v>>8))
		}
	}
	return values
}

func content(t *testing.T, folder, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestUnknownModelsAreNamedWithThoseThatThereAre(t *testing.T) {
	root := t.TempDir()
	if _, err := find("retina", []string{root}); err == nil || !strings.Contains(err.Error(), "there are no models") ||
		!strings.Contains(err.Error(), root) {
		t.Errorf("without models: %v", err)
	}
	for _, name := range []string{"retina", "skin", "unfinished"} {
		folder := filepath.Join(root, filepath.FromSlash(Folder), name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if name == "unfinished" {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, record.CheckpointFile), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := find("retna", []string{root}); err == nil ||
		!strings.HasSuffix(err.Error(), "only retina, skin; did you mean retina?") {
		t.Errorf("a misspelled name: %v", err)
	}
	for _, name := range []string{"../retina", "Retina", "", "a/b", "-a", "*"} {
		if _, err := find(name, []string{root}); err == nil || !strings.Contains(err.Error(), "lower-case letters") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestModelsAreLookedForBesideTheSource(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, root := range roots() {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return
		}
	}
	t.Errorf("none of %q is the module's folder", roots())
}

func TestOnlyFinishedRunsBecomeModels(t *testing.T) {
	dir := t.TempDir()
	o := Options{Run: dir, Name: "eyes", Licence: "none", Out: t.TempDir()}
	if _, err := Publish(o); err == nil || !strings.Contains(err.Error(), "is no folder of a run") {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, record.RunFile), []byte(`{"result":{"status":"failed"}}`),
		0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Publish(o); err == nil || !strings.Contains(err.Error(), "only a finished one") {
		t.Errorf("a failed run: %v", err)
	}
	o.Licence = ""
	if _, err := Publish(o); err == nil || !strings.Contains(err.Error(), "-licence is needed") {
		t.Errorf("without a licence: %v", err)
	}
	if found, _ := os.ReadDir(o.Out); len(found) > 0 {
		t.Errorf("%v is left", found)
	}
}
