package experiments

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/segment"
	"r2unet/experiments/training"
)

// drawEyes draws pairs images/0.png and labels/0.png: a bright disc with a brighter cup in it, whose labels are 1 and
// 2, and a column that is ignored.
func drawEyes(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		const w, h = 40, 32
		photo, label := image.NewGray(image.Rect(0, 0, w, h)), image.NewGray(image.Rect(0, 0, w, h))
		for p := range w * h {
			dx, dy := p%w-15-i%10, p/w-16
			grey, class := uint8(60+p%7), uint8(0)
			if d := dx*dx + dy*dy; d < 16 {
				grey, class = 220, 2
			} else if d < 100 {
				grey, class = 140, 1
			}
			if p%w == 0 {
				class = 255
			}
			photo.Pix[p], label.Pix[p] = grey, class
		}
		for folder, m := range map[string]image.Image{"images": photo, "labels": label} {
			var content bytes.Buffer
			if err := png.Encode(&content, m); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, folder, fmt.Sprintf("%d.png", i))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, content.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

const eyes = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [4, 8]

[[dataset]]
name = "Eyes"
kind = "folder"
input = "grey"
images = "images/*.png"
labels = "labels/{stem}.png"
classes = ["background", {name = "disc", value = 1}, {name = "cup", value = 2}]
ignore = 255
measure-at = "network"
%s

[[experiment]]
name = "one"

[profile.two]
epochs = 8
batch = 4
learning-rate = 1e-2
initial-gain = 1
%s
`

// checkSegmented segments a test image anew: the mask is what the test has drawn.
func checkSegmented(t *testing.T, path, run, drawn string) {
	t.Helper()
	out := t.TempDir()
	var said bytes.Buffer
	o := segment.Options{Checkpoints: []string{run}, Images: []string{path}, Out: out, Device: "cpu", Stdout: &said}
	if err := segment.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "masks hold the most probable class: 0 background, 1 disc, 2 cup") {
		t.Error(said.String())
	}
	name := strings.TrimSuffix(filepath.Base(path), ".png")
	var pictures [2]*image.Paletted
	for i, content := range []string{drawn, read(t, filepath.Join(out, name+"_mask.png"))} {
		m, err := png.Decode(strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		pictures[i], _ = m.(*image.Paletted)
	}
	if pictures[1] == nil || !slices.Equal(pictures[0].Pix, pictures[1].Pix) {
		t.Error("segment draws other classes than the test did")
	}
	o.Threshold = 0.3
	if err := segment.Run(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "-threshold 0.3: the network has 3 classes") {
		t.Errorf("a threshold of three classes: %v", err)
	}
}

// TestSeveralClassesAreTrainedAndTested whole and from patches: the record, tables and pictures name each class, and
// the checkpoint holds them.
func TestSeveralClassesAreTrainedAndTested(t *testing.T) {
	long(t)
	data := t.TempDir()
	drawEyes(t, filepath.Join(data, "Eyes"), 12)
	for name, keys := range map[string][2]string{
		"whole":   {"size = [40, 32]", `loss = "cross-entropy + dice"`},
		"patches": {"patch = 16\npatches = 32\nvalidation-patches = 8\nsampling = \"balanced\"", "test = \"patches\"\nstride = 8\n"},
	} {
		t.Run(name, func(t *testing.T) {
			o := inProcess(t, fmt.Sprintf(eyes, keys[0], keys[1]))
			o.Profile, o.Data = "two", data
			said := sweepOf(t, o)
			r := ownRecord(t, o)
			var names []string
			for _, c := range r.Result.Classes {
				names = append(names, c.Name)
			}
			if r.Result.Status != evaluate.Finished || !slices.Equal(names, []string{"disc", "cup"}) {
				t.Fatalf("%s with the classes %v", r.Result.Status, names)
			}
			if !strings.Contains(said, "Eyes (mean of 2 classes)") || !strings.Contains(said, "Eyes (cup)") {
				t.Error(said)
			}
			dir := filepath.Join(o.Out, o.Profile, record.RunsFolder, r.Result.RunID)
			trained, err := training.ReadTrained(filepath.Join(dir, record.CheckpointFile))
			if err != nil {
				t.Fatal(err)
			}
			if got := trained.Network().Classes; got != 3 {
				t.Errorf("the checkpoint is of %d classes", got)
			}
			content := read(t, filepath.Join(dir, record.ClassesFolder, r.Split.Test[0]+".png"))
			m, err := png.Decode(strings.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			p, ok := m.(*image.Paletted)
			if !ok || slices.Max(p.Pix) > 2 || slices.Max(p.Pix) == 0 || p.Palette[1] != (color.RGBA{128, 0, 0, 255}) {
				t.Errorf("classes are drawn as %T with indices up to %d", m, slices.Max(p.Pix))
			}
			truth := filepath.Join(o.Out, o.Profile, record.SampleFolder("Eyes", false), record.Classes,
				r.Split.Test[0]+".png")
			if m, err = png.Decode(strings.NewReader(read(t, truth))); err != nil {
				t.Fatal(err)
			}
			if p, ok = m.(*image.Paletted); !ok || p.Pix[0] != 255 {
				t.Errorf("the ignored column is drawn as %T, %v", m, p)
			}
			page := read(t, filepath.Join(o.Out, o.Profile, record.ReportFile))
			for _, want := range []string{
				"Each class against the rest", `<th scope="col">disc</th><th scope="col">cup</th>`,
				`<i style="background:#800000"></i>disc`,
			} {
				if !strings.Contains(page, want) {
					t.Errorf("the report does not have %q", want)
				}
			}
			if name == "whole" {
				checkSegmented(t, filepath.Join(data, "Eyes", "images", r.Split.Test[0]+".png"), dir, content)
			}
			if again := sweepOf(t, o); !strings.Contains(again, "finished before") {
				t.Errorf("a second sweep said\n%s", again)
			}
		})
	}
}
