package datasets

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// phantomOf opens a small phantom in a cache and returns its facts and what was noted.
func phantomOf(t *testing.T, cache string) (Facts, string) {
	t.Helper()
	var notes []string
	ds, err := Open(t.Context(), Config{
		Name: "DRIVE", Patch: 16, Patches: 8, ValidationPatches: 8, PhantomImages: 4, PhantomShrink: 4, Cache: cache,
		Note: func(line string) { notes = append(notes, line) },
	}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	return ds.Facts(), strings.Join(notes, "\n")
}

// TestDamagedPhantomIsDrawnAgain: what a power cut, a bad disk or a clean-up has done to the cache changes no result
// and stops nobody.
func TestDamagedPhantomIsDrawnAgain(t *testing.T) {
	dir := t.TempDir()
	want, said := phantomOf(t, dir)
	if !strings.Contains(said, "drawing the phantom of DRIVE, once") {
		t.Errorf("at first it says %q", said)
	}
	if again, said := phantomOf(t, dir); again.Hash != want.Hash || said != "" {
		t.Errorf("the second time: hash %s, %q", again.Hash, said)
	}
	var phantom, image string
	look := func() { // it is drawn again under another name
		all, err := filepath.Glob(filepath.Join(dir, "phantoms", "*", "DRIVE"))
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		phantom, image = all[0], filepath.Join(all[0], "training", "images", "21_training.tif")
	}
	look()
	content, err := os.ReadFile(image)
	must(t, err)
	write := func(path string, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		name, said string
		damage     func()
	}{
		{"a byte flipped", "21_training.tif does not hold", func() {
			flipped := append([]byte(nil), content...)
			flipped[len(flipped)-500] ^= 255
			write(image, flipped)
		}},
		{"cut off", "21_training.tif does not hold", func() { write(image, content[:len(content)/2]) }},
		{"emptied", "21_training.tif does not hold", func() { write(image, nil) }},
		{"a file missing", "1 of", func() { os.Remove(image) }},
		{"a file too many", "22_more.tif is no part", func() { write(filepath.Join(filepath.Dir(image), "22_more.tif"), content) }},
		{"the list missing", "no list", func() { os.Remove(manifestOf(phantom)) }},
		{"the list cut off", "cannot be read", func() { write(manifestOf(phantom), []byte("{")) }},
	} {
		look()
		c.damage()
		if got, said := phantomOf(t, dir); got.Hash != want.Hash || !strings.Contains(said, "is damaged (") ||
			!strings.Contains(said, c.said) || !strings.Contains(said, "drawing it again") {
			t.Errorf("%s: hash %s, want %s; it says %q", c.name, got.Hash, want.Hash, said)
		}
	}
	if _, said := phantomOf(t, dir); said != "" {
		t.Errorf("in the end it says %q", said)
	}
}

// TestStoppedDrawingLeavesNothing stops a drawing.
func TestStoppedDrawingLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	config := Config{Name: "DRIVE", PhantomImages: 40, Cache: dir, Note: func(string) {
		time.AfterFunc(50*time.Millisecond, cancel)
	}}
	if _, err := Open(ctx, config, "", 1); err == nil {
		t.Error("it was drawn in 50 ms")
	}
	if left, err := os.ReadDir(filepath.Join(dir, "phantoms")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestCacheThatCannotBeWrittenStandsInNoRecord: its message has a place and a random number in it.
func TestCacheThatCannotBeWrittenStandsInNoRecord(t *testing.T) {
	dir := t.TempDir()
	want, _ := phantomOf(t, dir)
	hashes := filepath.Join(dir, "hashes.json")
	if err := os.RemoveAll(hashes); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(hashes, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "phantoms", "*", "DRIVE", "*", "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files { // old enough to be remembered
		if err := os.Chtimes(f, time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	got, said := phantomOf(t, dir)
	if strings.Join(got.Notes, "\n") != strings.Join(want.Notes, "\n") || !strings.Contains(said, "cannot be written") {
		t.Errorf("notes %q, said %q", got.Notes, said)
	}
}
