package experiments

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/record"
)

// ownParts trains on own pictures whose list tells their parts.
const ownParts = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [2, 4]

[[dataset]]
name = "Own"
kind = "folder"
images = "images/*.jpg"
labels = "masks/{stem}.png"
split = "parts.csv"
size = 16

[[experiment]]
name = "one"

[profile.two]
epochs = 2
batch = 2
learning-rate = 1e-3
%s
`

// TestNothingIsChosenOnImagesWithoutForeground: it is refused before the first epoch; what needs no foreground is not.
func TestNothingIsChosenOnImagesWithoutForeground(t *testing.T) {
	data := t.TempDir()
	own := filepath.Join(data, "Own")
	drawOwn(t, own, 6)
	var empty bytes.Buffer
	must(t, png.Encode(&empty, image.NewGray(image.Rect(0, 0, 30, 32))))
	list := "image,part\n"
	for i, part := range []string{"train", "train", "train", "val", "test", "test"} {
		name := fmt.Sprintf("p%02d_%d", i/3, i%3)
		list += "images/" + name + ".jpg," + part + "\n"
		if part == "val" {
			must(t, os.WriteFile(filepath.Join(own, "masks", name+".png"), empty.Bytes(), 0o666))
		}
	}
	must(t, os.WriteFile(filepath.Join(own, "parts.csv"), []byte(list), 0o666))
	for keys, want := range map[string]string{
		`threshold = "validation"`:                    "(p01_0), by which threshold would choose",
		`select = "dice"`:                             "(p01_0), by which select would choose",
		"select = \"js\"\nthreshold = \"validation\"": "by which threshold and select would choose",
		`select = "se"`:                               "(p01_0), by which select would choose",
		`select = "ac"`:                               "",
		`select = "loss"`:                             "",
		``:                                            "",
	} {
		o := inProcess(t, fmt.Sprintf(ownParts, keys))
		o.Data = data
		var said strings.Builder
		o.Stdout = &said
		err := Sweep(t.Context(), o)
		if (err == nil) != (want == "") || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %v\n%s", keys, err, said.String())
		}
		trained, _ := filepath.Glob(filepath.Join(o.Out, "two", record.RunsFolder, "*", record.HistoryFile))
		if (len(trained) > 0) != (want == "") {
			t.Errorf("%s: trained %v", keys, trained)
		}
	}
}
