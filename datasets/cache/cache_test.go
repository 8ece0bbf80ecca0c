package cache

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

func sample(w, h, channels int, source string) *Sample {
	s := &Sample{
		Width: w, Height: h, Channels: channels,
		Pixels: make([]uint16, w*h*channels), Truth: make([]uint8, w*h), FOVSource: source,
	}
	for i := range s.Pixels {
		s.Pixels[i] = uint16(i * 7919)
	}
	for i := range s.Truth {
		s.Truth[i] = uint8(i % 2)
	}
	if source != "" {
		s.FOV = make([]uint8, w*h)
		s.FOV[0], s.FOVQuality = 1, 0.987
	}
	s.Measure()
	return s
}

func TestStoreGivesBackWhatWasPut(t *testing.T) {
	s := Open(t.TempDir())
	for i, want := range []*Sample{sample(5, 3, 1, ""), sample(4, 4, 3, "file"), sample(1, 1, 1, "generated")} {
		key := Key("sample", strings.Repeat("x", i))
		if s.Get(key) != nil {
			t.Error("something is there before it was put")
		}
		if err := s.Put(key, want); err != nil {
			t.Fatal(err)
		}
		if got := s.Get(key); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestADamagedSampleIsNotThere(t *testing.T) {
	s := Open(t.TempDir())
	key := Key("a")
	if err := s.Put(key, sample(8, 8, 1, "file")); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(s.path(key))
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		damaged := append([]byte(nil), whole...)
		damaged[at] ^= 0x10
		if err := os.WriteFile(s.path(key), damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		if s.Get(key) != nil {
			t.Fatalf("a changed byte %d goes unnoticed", at)
		}
		if err := os.WriteFile(s.path(key), whole[:at], 0o666); err != nil {
			t.Fatal(err)
		}
		if s.Get(key) != nil {
			t.Fatalf("a file cut at %d goes unnoticed", at)
		}
	}
}

func TestKeysTellPartsApart(t *testing.T) {
	if Key("ab", "c") == Key("a", "bc") {
		t.Error("parts run together")
	}
}

func TestExamineNoticesChangedFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.pgm")
	write := func(text string, age time.Duration) {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	write("P5 2 1 255\nab", time.Hour)
	first := Open(filepath.Join(dir, "cache"))
	a, err := first.Examine(path)
	if err != nil || a.Width != 2 || a.Height != 1 {
		t.Fatal(a, err)
	}
	if err := first.SaveHashes(); err != nil {
		t.Fatal(err)
	}
	second := Open(filepath.Join(dir, "cache"))
	if len(second.hashes) != 1 {
		t.Errorf("%d hashes are remembered", len(second.hashes))
	}
	if again, err := second.Examine(path); err != nil || again != a {
		t.Errorf("%v, %v, want %v", again, err, a)
	}
	write("P5 1 2 255\ncd", time.Minute)
	if b, err := second.Examine(path); err != nil || b == a || b.Height != 2 {
		t.Errorf("%v, %v after the change", b, err)
	}
	write("P5 1 2 255\nce", 0) // so young a file may change again within its time stamp, so it is not remembered
	young := Open(filepath.Join(dir, "other"))
	if _, err := young.Examine(path); err != nil || len(young.hashes) != 0 {
		t.Errorf("%d hashes, %v", len(young.hashes), err)
	}
}

func TestMemoryLetsGoOfTheLongestUnused(t *testing.T) {
	var m Memory
	big := memoryLimit / 4 / 2
	for _, id := range []string{"a", "b", "c"} {
		m.Put(id, &Sample{Pixels: make([]uint16, big)})
	}
	m.Get("a")
	m.Put("d", &Sample{Pixels: make([]uint16, big)})
	m.Put("e", &Sample{Pixels: make([]uint16, big)})
	if m.Get("b") != nil || m.Get("a") == nil || m.Get("e") == nil {
		t.Error("the wrong sample was let go")
	}
	if m.bytes > memoryLimit {
		t.Errorf("%d bytes are held", m.bytes)
	}
}

// TestExamineNoticesAChangeThatKeepsSizeAndTime: a file's modification time can be set back, its change time cannot.
func TestExamineNoticesAChangeThatKeepsSizeAndTime(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("this system does not say when it last changed a file")
	}
	path := filepath.Join(t.TempDir(), "a.pgm")
	when := time.Now().Add(-time.Hour)
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	s := Open(t.TempDir())
	write("P5 2 1 255\nab")
	before, err := s.Examine(path)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // a tick of the file system's clock
	write("P5 2 1 255\nxy")
	if after, err := s.Examine(path); err != nil || after.SHA256 == before.SHA256 {
		t.Errorf("%v, %v after the change", after, err)
	}
}
