package datasets

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDrawingAPhantomIsSaidOnce(t *testing.T) {
	var notes []string
	c := phantomConfigs["STARE"]
	c.Cache = t.TempDir()
	c.Note = func(line string) { notes = append(notes, line) }
	for range 2 {
		if _, err := Open(t.Context(), c, "", 1); err != nil {
			t.Fatal(err)
		}
	}
	if len(notes) != 1 || !strings.HasPrefix(notes[0], "drawing the phantom of STARE") {
		t.Errorf("%q", notes)
	}
}

func TestLongWorkIsSaidEveryFewSecondsAndShortWorkNot(t *testing.T) {
	for pace, want := range map[time.Duration]string{
		time.Millisecond: "",
		300 * time.Millisecond: "decoding ISIC2017: 4 of 40 images, decoding ISIC2017: 21 of 40 images, " +
			"decoding ISIC2017: 38 of 40 images",
	} {
		synctest.Test(t, func(t *testing.T) {
			var notes []string
			ds := &Dataset{Name: "ISIC2017", config: Config{Note: func(line string) { notes = append(notes, line) }}}
			progress := ds.tally("decoding", 40)
			for range 40 {
				time.Sleep(pace)
				progress.add()
			}
			if got := strings.Join(notes, ", "); got != want {
				t.Errorf("an image every %v: %q, want %q", pace, got, want)
			}
		})
	}
}

func TestACacheThatFailsLaterIsSaidOnce(t *testing.T) {
	root := brokenCopy(t, "STARE", func(string) {})
	var notes []string
	c := phantomConfigs["STARE"]
	c.Cache = filepath.Join(root, "STARE", "stare-images", "im0001.ppm.gz", "cache") // below a file
	c.Note = func(line string) { notes = append(notes, line) }
	ds, err := Open(t.Context(), c, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := first(t, ds).Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(notes) != 1 || !strings.HasPrefix(notes[0], "STARE: prepared images cannot be kept: ") ||
		!strings.Contains(notes[0], "im0001.ppm.gz: not a directory") {
		t.Errorf("%q", notes)
	}
}
