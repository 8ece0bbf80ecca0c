package matrix

import (
	"strings"
	"testing"
)

// TestClassesAreReadWithTheirLine: keys inside of a class's table have the line of the list.
func TestClassesAreReadWithTheirLine(t *testing.T) {
	f, err := Parse("x.toml", withFolder(`classes = ["background", {name = "disc", color = "#00ff00"}]`+
		"\nignore = \"#ffffff\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c := f.Datasets[1]; c.Classes.String() != "0 (background), #00ff00 (disc)" || c.Ignore != "#ffffff" {
		t.Errorf("read as %v, ignored %s", c.Classes, c.Ignore)
	}
	for lines, want := range map[string]string{
		`classes = ["a", "b,c"]`:                        `x.toml:34: dataset "My cells": classes: class 1: name = "b,c"`,
		`classes = ["a", {name = "b", vlaue = 1}]`:      `x.toml:34: classes: class 1: unknown key "vlaue"`,
		`classes = ["a", "b"]` + "\n" + `ignore = true`: `x.toml:35: ignore: expected a number or a color`,
		`ignore = 255`:        `x.toml:34: dataset "My cells": ignore = 255: goes with classes only`,
		`clases = ["a", "b"]`: `x.toml:34: unknown key "dataset.clases"; did you mean "classes"?`,
	} {
		if _, err := Parse("x.toml", withFolder(lines+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nexpected %q", lines, err, want)
		}
	}
}

// TestLossFollowsTheClasses: it is cross-entropy of three classes unless a profile says otherwise, and a loss of one
// class is refused with its line.
func TestLossFollowsTheClasses(t *testing.T) {
	three := withFolder(`classes = ["background", "disc", "cup"]` + "\n")
	loss := func(text string) (string, error) {
		f, err := Parse("x.toml", text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Profile("smoke")
		if err != nil {
			t.Fatal(err)
		}
		ways, config := p.settings(f.Datasets[1])
		training := ways[0].training
		return training.Loss, f.Check(p, Run{Architecture: f.Architectures[0], Dataset: config, Training: training},
			Samples{Train: 8, Validation: 8, Test: 8, Height: 64, Width: 64, ShortestSide: 64})
	}
	if got, err := loss(three); err != nil || got != "cross-entropy" {
		t.Errorf("three classes: loss %s, %v", got, err)
	}
	if got, err := loss(withFolder("")); err != nil || got != "bce" {
		t.Errorf("one class: loss %s, %v", got, err)
	}
	if got, err := loss(withFolder(`classes = ["background", "disc"]` + "\n")); err != nil || got != "bce" {
		t.Errorf("a class and its background: loss %s, %v", got, err)
	}
	written := strings.Replace(three, "[profile.smoke]\n", "[profile.smoke]\nloss = \"dice + 0.5*bce\"\n", 1)
	if _, err := loss(written); err == nil || !strings.HasPrefix(err.Error(), "x.toml:") ||
		!strings.Contains(err.Error(), `loss = "dice+0.5*bce": the loss bce is of one foreground class, and there are `+
			"3 classes; there are cross-entropy") {
		t.Errorf("bce of three classes: %v", err)
	}
	cut := strings.Replace(three, "[profile.smoke]\n", "[profile.smoke]\nthreshold = \"validation\"\n", 1)
	if _, err := loss(cut); err == nil || !strings.Contains(err.Error(),
		"of 3 classes the most probable one is taken") {
		t.Errorf("a threshold of three classes: %v", err)
	}
	calibrated := strings.Replace(three, "[profile.smoke]\n", "[profile.smoke]\ntemperature = \"validation\"\n", 1)
	if _, err := loss(calibrated); err == nil || !strings.Contains(err.Error(),
		"it is of a class and its background, and there are 3 classes") {
		t.Errorf("a temperature of three classes: %v", err)
	}
	table := "[profile.smoke.dataset.\"My cells\"]\n"
	own := strings.Replace(three, table, table+"loss = \"dice\"\n", 1)
	if got, err := loss(own); err != nil || got != "dice" {
		t.Errorf("a loss of its own: %s, %v", got, err)
	}
}
