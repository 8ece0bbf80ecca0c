package matrix

import (
	"strings"
	"testing"

	"r2unet/datasets"
)

// withFolder is the small matrix with a table of own pictures in the place of STARE's.
func withFolder(lines string) string {
	own := "name = \"My cells\"\nkind = \"folder\"\nimages = \"images/*.jpg\"\nlabels = \"masks/{stem}.png\"\n"
	return strings.ReplaceAll(strings.Replace(small, "name = \"STARE\"\n", own+lines, 1), "STARE", `"My cells"`)
}

func TestOwnPicturesAreATable(t *testing.T) {
	f, err := Parse("x.toml", withFolder("size = [320, 256]\nshares = [0.5, 0.2, 0.3]\nmeasure-at = \"native\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := f.Datasets[1]
	if c.Size != (datasets.Size{Width: 320, Height: 256}) || c.Shares != [3]float64{0.5, 0.2, 0.3} {
		t.Errorf("read as %+v", c)
	}
	if c.MeasureAt != "" {
		t.Errorf("measure-at is %q, though it is the default, and would name another run", c.MeasureAt)
	}
	for lines, want := range map[string]string{
		`size = "big"`:             `x.toml:34: size: must be a whole number of px, or two in brackets`,
		`size = [1, 2, 3]`:         `x.toml:34: size: must be a whole number`,
		`size = [64, 1.5]`:         `x.toml:34: size: must be a whole number`,
		`size = -3`:                `x.toml:34: dataset "My cells": size = -3: must be from 0`,
		`shares = [0.5, 0.5]`:      `x.toml:34: shares: `,
		`patient = "("`:            `x.toml:34: dataset "My cells": patient = "("`,
		`lables = "x/{stem}.png"`:  `x.toml:34: unknown key "dataset.lables"; did you mean "labels"?`,
		`measure-at = "somewhere"`: `x.toml:34: dataset "My cells": measure-at = "somewhere": must be`,
	} {
		if _, err := Parse("x.toml", withFolder(lines+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nexpected %q", lines, err, want)
		}
	}
	for name, want := range map[string]string{
		"skin cancer": "beside the paper's rows",
		"drive":       "is one of DRIVE",
		"luna":        "beside the paper's rows",
	} {
		if _, err := Parse("x.toml", strings.ReplaceAll(withFolder(""), "My cells", name)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	twin := strings.ReplaceAll(withFolder(""), "My cells", "my-cells") +
		"[[dataset]]\nname = \"My cells\"\nkind = \"folder\"\nimages = \"a/*\"\nlabels = \"b/{stem}.*\"\n"
	if _, err := Parse("x.toml", twin); err == nil || !strings.Contains(err.Error(), "would share folders of results") {
		t.Errorf("two names of one folder: %v", err)
	}
}

// TestWhereItIsMeasuredTrainsNothingAnew: it is read by the test alone.
func TestWhereItIsMeasuredTrainsNothingAnew(t *testing.T) {
	a := Run{Dataset: datasets.Config{Name: "x", MeasureAt: datasets.AtNative}}
	b := Run{Dataset: datasets.Config{Name: "x"}}
	x, err := a.Trained().Hash()
	y, errY := b.Trained().Hash()
	if err != nil || errY != nil || x != y {
		t.Errorf("%v %v: %s and %s", err, errY, x, y)
	}
}
