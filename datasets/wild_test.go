package datasets

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rearranged copies a drawn copy file by file to where move puts each; move gives the new path and content.
func rearranged(t *testing.T, name string, move func(path string, data []byte) (string, []byte)) (official, wild string) {
	t.Helper()
	official = brokenCopy(t, name, func(string) {})
	wild = t.TempDir()
	dir := filepath.Join(official, name)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		to, data := move(filepath.ToSlash(rel), data)
		to = filepath.Join(wild, filepath.FromSlash(to))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return official, wild
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func unzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCopiesFoundInTheWildGiveTheSameSamples unzips, flattens, nests and renames copies as users do.
func TestCopiesFoundInTheWildGiveTheSameSamples(t *testing.T) {
	for what, c := range map[string]struct {
		dataset string
		move    func(path string, data []byte) (string, []byte)
	}{
		"flattened, upper case": {"DRIVE", func(path string, data []byte) (string, []byte) {
			return "drive/" + strings.ToUpper(base(path)), data
		}},
		"unzipped in one folder, labels named .pgm": {"STARE", func(path string, data []byte) (string, []byte) {
			name := strings.TrimSuffix(base(path), ".gz")
			if strings.Contains(name, ".ah.") || strings.Contains(name, ".vk.") {
				name = strings.TrimSuffix(name, ".ppm") + ".pgm"
			}
			return name, unzipped(t, data)
		}},
		"unzipped beside the archives": {"STARE", func(path string, data []byte) (string, []byte) {
			if strings.Contains(path, "labels-ah") {
				return "STARE/" + strings.TrimSuffix(path, ".gz"), unzipped(t, data)
			}
			return "STARE/" + path, data
		}},
		"images and labels in folders": {"CHASE_DB1", func(path string, data []byte) (string, []byte) {
			if strings.HasSuffix(path, ".jpg") {
				return "CHASE/Images/" + path, data
			}
			return "CHASE/Masks/" + path, data
		}},
		"one level too deep, with what systems leave behind": {"ISIC2017", func(path string, data []byte) (string, []byte) {
			if strings.Contains(path, "superpixels") {
				return "ISIC2017/__MACOSX/._" + base(path), data
			}
			return "ISIC2017/ISIC-2017/" + path, data
		}},
		"upper case endings": {"Lung", func(path string, data []byte) (string, []byte) {
			return "finding-lungs-in-ct-data/" + strings.Replace(path, ".tif", ".TIF", 1), data
		}},
	} {
		official, wild := rearranged(t, c.dataset, c.move)
		config := phantomConfigs[c.dataset]
		config.Cache = t.TempDir()
		want, err := Open(t.Context(), config, official, 1)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got, err := Open(t.Context(), config, wild, 1)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got.Phantom || len(got.images) != len(want.images) || len(got.copy.Notes) > 0 {
			t.Errorf("%s: %d images instead of %d, notes %v", what, len(got.images), len(want.images), got.copy.Notes)
			continue
		}
		split, _ := want.Split(0)
		a, err := want.Load(split.Test[0])
		if err != nil {
			t.Fatal(err)
		}
		b, err := got.Load(split.Test[0])
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !slices.Equal(a.Image, b.Image) || !slices.Equal(a.Truth, b.Truth) || !slices.Equal(a.FOV, b.FOV) {
			t.Errorf("%s: other pixels than from the official layout", what)
		}
	}
}
