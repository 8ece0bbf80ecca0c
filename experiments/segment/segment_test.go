package segment

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/experiments/training"
	"r2unet/internal/device/ref"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// network writes the checkpoint of a small untrained network.
func network(t *testing.T, recipe datasets.Recipe) string {
	t.Helper()
	run := matrix.Run{Architecture: arch.Config{Name: "U-Net", Block: "forward", Norm: "batch", Channels: []int{1, 1}}}
	m, err := model.New(model.Config{Arch: run.Architecture, InChannels: 1}, ref.New[float32]())
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	store := training.Store{FS: durable.OS, Dir: t.TempDir(), Identity: training.Identity{Config: run, Recipe: recipe}}
	if err := store.Save(training.Snapshot{Tensors: tensors}); err != nil {
		t.Fatal(err)
	}
	return store.Dir
}

var plain = datasets.Recipe{
	Input: "grey", Normalization: datasets.Normalization{Mean: []float64{0.5}, Deviation: []float64{0.25}},
}

// picture returns a PNG file of some pixels.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = uint8(37 * i)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming returns a PNG file of a few bytes whose header claims another size.
func claiming(t *testing.T, width, height uint32) []byte {
	t.Helper()
	file := picture(t, 2, 2)
	for i, v := range []uint32{width, height} {
		for k := range 4 {
			file[16+4*i+k] = byte(v >> (24 - 8*k))
		}
	}
	sum := crc32.ChecksumIEEE(file[12:29])
	for k := range 4 {
		file[29+k] = byte(sum >> (24 - 8*k))
	}
	return file
}

// segmented segments a folder and returns the output for each image, the written files and the error.
func segmented(t *testing.T, checkpoint, images, out string) (said map[string]string, written []string, err error) {
	t.Helper()
	var output bytes.Buffer
	err = Run(t.Context(), Options{
		Settings: Settings{Threshold: 0.5}, Checkpoints: []string{checkpoint}, Images: []string{images}, Out: out,
		Device: "ref", Stdout: &output,
	})
	said = map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(output.String()), "\n") {
		if _, rest, ok := strings.Cut(line, "] "); ok {
			path, text, _ := strings.Cut(rest, ": ")
			said[path] = text
		}
	}
	walkErr := filepath.WalkDir(filepath.Dir(out), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			relative, err := filepath.Rel(out, path)
			written = append(written, filepath.ToSlash(relative))
			return err
		}
		return err
	})
	if walkErr != nil {
		t.Fatal(walkErr)
	}
	return said, written, err
}

func put(t *testing.T, content []byte, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBrokenImagesAreReportedAndTheRestIsDone(t *testing.T) {
	checkpoint, dir, out := network(t, plain), t.TempDir(), filepath.Join(t.TempDir(), "out")
	whole := picture(t, 9, 7)
	for name, content := range map[string][]byte{
		"good.png": whole, "sub/good.png": whole, "of-another-kind.jpg": whole, "one-pixel.png": picture(t, 1, 1), "one-row.png": picture(t, 17, 1),
		"empty.png": nil, "cut-off.png": whole[:len(whole)-20], "cut-off-in-its-header.png": whole[:20], "text.png": []byte("hello"),
		"claims-60000x60000.png": claiming(t, 60000, 60000), "claims-8000x8000.png": claiming(t, 8000, 8000), "claims-nothing.png": claiming(t, 0, 7),
		"folder.png/inside.png": whole, "notes.txt": []byte("no image"), "three\nlines.png": []byte("hello"),
		"scan-of-floats.tif": []byte("II*\x00\x08\x00\x00\x00\xff\xff"),
	} {
		put(t, content, dir, name)
	}
	if err := os.Mkdir(filepath.Join(dir, "no-images.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"itself.png": "itself.png", "nowhere.png": "gone.png", "circle": "."} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	makePipe(t, filepath.Join(dir, "pipe.png"))
	if said, _, err := segmented(t, checkpoint, filepath.Join(dir, "pipe.png"), out); err == nil ||
		!strings.Contains(said["pipe.png"], "not a regular file") {
		t.Errorf("of a pipe alone it says %q, %v", said["pipe.png"], err)
	}
	said, written, err := segmented(t, checkpoint, dir, out)
	want := map[string]string{
		"empty.png": "the file is empty", "cut-off.png": "damaged or cut off", "cut-off-in-its-header.png": "header", "text.png": "this is no TIFF",
		"claims-60000x60000.png": "claims 60000×60000 pixels, more than", "claims-8000x8000.png": "cannot hold", "claims-nothing.png": "a size of 0×7 pixels",
		"folder.png": "is a folder, not an image", "no-images.png": "is a folder, not an image",
		"itself.png": "too many levels of symbolic links", "nowhere.png": "leads to nothing", "circle": "leads back",
		"pipe.png": "is not a regular file", "scan-of-floats.tif": "cut off", `three\nlines.png`: "this is no TIFF",
	}
	for name, text := range want {
		if !strings.HasPrefix(said[name], "failed: ") || !strings.Contains(said[name], text) {
			t.Errorf("of %s it says %q, want %q", name, said[name], text)
		}
	}
	var failed *Failed
	if !errors.As(err, &failed) || failed.Failed != len(want) || failed.Total != len(want)+6 {
		t.Errorf("error %v, want %d of %d", err, len(want), len(want)+6)
	}
	var results []string
	for _, name := range []string{"folder.png/inside", "good", "of-another-kind", "one-pixel", "one-row", "sub/good"} {
		results = append(results, name+maskEnding, name+probabilityEnding)
	}
	slices.Sort(results)
	slices.Sort(written)
	if !slices.Equal(written, results) {
		t.Errorf("written are\n%q, want\n%q", written, results)
	}
}

// TestNoResultLeadsOutOfItsFolderOrReplacesAnother: names that become empty or equal without their endings.
func TestNoResultLeadsOutOfItsFolderOrReplacesAnother(t *testing.T) {
	checkpoint, image := network(t, plain), picture(t, 3, 3)
	for _, c := range []struct{ names, results []string }{
		{[]string{"...png"}, []string{"...png"}},
		{[]string{"..png"}, []string{"..png"}},
		{[]string{"a.png", "a.gif", "a.png.tif", "b.png"}, []string{"a.png", "a.gif", "a.png.tif", "b"}},
		{[]string{"a.png", "A.png"}, []string{"a", "A"}},
	} {
		dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		for _, name := range c.names {
			put(t, image, dir, name)
		}
		images := dir
		if len(c.names) == 1 {
			images = filepath.Join(dir, c.names[0]) // a folder's hidden files are left out
		}
		_, written, err := segmented(t, checkpoint, images, out)
		var want []string
		for _, name := range c.results {
			want = append(want, name+maskEnding, name+probabilityEnding)
		}
		slices.Sort(want)
		slices.Sort(written)
		if err != nil || !slices.Equal(written, want) {
			t.Errorf("%q: %v, written are %q, want %q", c.names, err, written, want)
		}
	}
}

func TestResultThatWouldReplaceAnImageIsRefused(t *testing.T) {
	checkpoint, label := network(t, plain), picture(t, 4, 4)
	for out, image := range map[string]string{".": "a_mask.png", "sub": "sub/a_mask.png"} {
		dir := t.TempDir()
		put(t, picture(t, 3, 3), dir, "a.png")
		put(t, label, dir, image)
		_, _, err := segmented(t, checkpoint, dir, filepath.Join(dir, out))
		var bad *BadInput
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), "the result of a.png would replace "+
			filepath.Join(dir, image)+", which segment has not written") {
			t.Errorf("error %v", err)
		}
		if content, err := os.ReadFile(filepath.Join(dir, image)); err != nil || !bytes.Equal(content, label) {
			t.Errorf("the image has changed, %v", err)
		}
		if _, _, err := segmented(t, checkpoint, dir, filepath.Join(dir, "elsewhere")); err != nil {
			t.Errorf("another folder: %v", err)
		}
	}
}

func TestCheckpointOfAnImpossibleRecipeIsBadInput(t *testing.T) {
	dir := t.TempDir()
	put(t, picture(t, 3, 3), dir, "a.png")
	for want, change := range map[string]func(*datasets.Recipe){
		`input = "blue"`:  func(r *datasets.Recipe) { r.Input = "blue" },
		"means":           func(r *datasets.Recipe) { r.Normalization.Mean = nil },
		"window = [3, 3]": func(r *datasets.Recipe) { r.CT, r.Window = true, [2]float64{3, 3} },
		"3 means and 3 de": func(r *datasets.Recipe) {
			r.Normalization = datasets.Normalization{Mean: []float64{0, 0, 0}, Deviation: []float64{1, 1, 1}}
		},
	} {
		recipe := plain
		change(&recipe)
		var bad *BadInput
		if _, _, err := segmented(t, network(t, recipe), dir, filepath.Join(t.TempDir(), "out")); !errors.As(err,
			&bad) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
