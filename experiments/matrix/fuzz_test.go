package matrix

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/experiments/search"
	"r2unet/internal/alloctest"
)

// tomlMultiple is what a byte of a matrix may cost: the TOML library keeps a name, a position and a few map entries for
// each key, and a key can be of two letters and a line of its own.
const tomlMultiple = 512

// FuzzParse: a text gives a matrix or errors that name the file, at a cost of a multiple of its size, and no name in it
// leads out of the results folder.
func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add(searching)
	f.Add("[[dataset]]\nname = 'x'\n[dataset.name]\n")
	f.Add("profile = 3\n[[architecture]]\nchannels = [1, [2]]")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxFileSize {
			return
		}
		var matrix *File
		var err error
		alloctest.AtMost(t, tomlMultiple*len(text), func() { matrix, err = Parse("m.toml", text) })
		if err != nil {
			checkNamed(t, err)
			return
		}
		for name, p := range matrix.Profiles {
			checkPath(t, name)
			runs, err := matrix.Expand(p, map[string]Source{"DRIVE": {Folds: 1}, "STARE": {Phantom: true, Folds: 2}},
				"cpu", 1)
			if err != nil {
				checkNamed(t, err)
			}
			for i, run := range runs[:min(len(runs), 100)] {
				if p.Search != nil && i < 3 {
					run = firstTrial(t, p.Search, run)
				}
				id, err := run.ID()
				if err != nil {
					t.Fatal(err)
				}
				checkPath(t, id)
			}
		}
	})
}

// firstTrial returns a point that a search draws, at the first trial.
func firstTrial(t *testing.T, s *Search, run Run) Run {
	t.Helper()
	method, _, err := search.Get(s.Method)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := search.Next(method, s.Space, uint64(s.Seed), nil)
	if !ok {
		t.Fatal("a space without a point")
	}
	run, err = s.Trial(run, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Training.Validate(); err != nil {
		t.Errorf("a point between valid corners is not valid: %v", err)
	}
	return run
}

// checkNamed fails where one of the joined errors does not begin with the file.
func checkNamed(t *testing.T, err error) {
	t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			checkNamed(t, err)
		}
	} else if !strings.HasPrefix(err.Error(), "m.toml:") {
		t.Errorf("the error does not begin with the file: %v", err)
	}
}

// checkPath fails where a name is more than one step below a folder, or cannot be the name of a file.
func checkPath(t *testing.T, name string) {
	t.Helper()
	if !filepath.IsLocal(name) || filepath.Base(name) != name || strings.ContainsAny(name, `/\:`) ||
		strings.HasPrefix(name, ".") || len(name) > 255 {
		t.Errorf("%q is taken for a folder's name", name)
	}
}

// TestHostileTextCostsAMultipleOfItsSize: texts as large as are read, made to cost as much as they can.
func TestHostileTextCostsAMultipleOfItsSize(t *testing.T) {
	many := func(format string) string { // numbered in letters, so that every key is another one
		var b strings.Builder
		for i := 0; b.Len()+len(format)+2 <= maxFileSize; i++ {
			letters := ""
			for n := i; n > 0 || letters == ""; n /= 26 {
				letters += string(rune('a' + n%26))
			}
			fmt.Fprintf(&b, format, letters)
		}
		return b.String()
	}
	fill := func(start, repeated string) string {
		return start + strings.Repeat(repeated, (maxFileSize-len(start))/len(repeated))
	}
	deep := strings.Repeat("a.", maxNesting-1)
	for name, text := range map[string]string{
		"open arrays":            fill("a=", "["),
		"open inline tables":     fill("a=", "{a="),
		"a key of dots":          fill("", "a."),
		"a table of dots":        fill("[", "a."),
		"keys as deep as may be": many(deep + "%s=1\n"),
		"tables as deep":         many("[" + strings.Repeat("a.", maxNesting-3) + "%s]\n"),
		"unknown keys":           many("%s=1\n"),
		"unknown tables":         many("[%s]\n"),
		"unknown arrays":         many("[[%s]]\n"),
		"empty datasets":         fill("", "[[dataset]]\n"),
		"empty architectures":    fill("", "[[architecture]]\n"),
		"empty experiments":      fill("", "[[experiment]]\n"),
		"empty profiles":         many("[profile.%s]\n"),
		"empty overrides":        many("[profile.a.dataset.%s]\n"),
		"numbers":                fill("[[experiment]]\nseeds=[", "1,") + "]",
		"names":                  fill("[[experiment]]\narchitectures=[", "'',") + "]",
		"an endless string":      fill("a='", "x"),
		"an endless comment":     fill("#", "x"),
		"a long key":             fill("", "x") + "=1",
		"small with profiles":    small + many("[profile.%s]\n")[:maxFileSize/2],
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			alloctest.AtMost(t, tomlMultiple*len(text), func() { _, err = Parse("m.toml", text) })
			if err == nil {
				t.Fatal("no error")
			}
			checkNamed(t, err)
		})
	}
}

func TestSweepOfMoreRunsThanCanBeTrainedIsRefused(t *testing.T) {
	f := parse(t, small)
	p, err := f.Profile("smoke")
	if err != nil {
		t.Fatal(err)
	}
	f.Experiments[0].Seeds = make([]int64, maxRuns)
	if _, err := f.Expand(p, map[string]Source{"DRIVE": {Folds: 1}}, "cpu", 1); err == nil ||
		!strings.Contains(err.Error(), `experiment "all": its seeds, folds`) {
		t.Errorf("got %v", err)
	}
}
