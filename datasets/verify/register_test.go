package verify

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/datasets/files"
)

func TestOwnDatasetIsJudgedByItsOwnDescription(t *testing.T) {
	datasets.Register(datasets.Description{
		Name: "grey", Files: "images/a.png, labels/a.png", Grey: true,
		Match: func(path string) (files.Match, bool) {
			stem, ok := files.Stem(path)
			role := files.FolderRole(path)
			return files.Match{ID: stem, Role: role}, ok && role != 0 && len(stem) == 1
		},
		Splits: []datasets.Protocol{{Name: "each", Divide: datasets.LeaveOneOut}},
	})
	root := t.TempDir()
	said := func() string {
		t.Helper()
		r, err := Check(t.Context(), root, Options{}, "grey")
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := r.Text(&text); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	if got := said(); !strings.Contains(got, "grey: not there; it cannot be drawn, so a sweep needs it") {
		t.Error(got)
	}
	for _, file := range []string{"images/a.png", "labels/a.png", "images/b.png", "labels/b.png"} {
		m := image.NewGray(image.Rect(0, 0, 9, 8))
		copy(m.Pix, file) // a different image each time
		if strings.HasPrefix(file, "labels") {
			clear(m.Pix)
			m.Pix[0] = 255
		}
		path := filepath.Join(root, "grey", file)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := said(); !strings.Contains(got, "images with labels (all): 2") || strings.Contains(got, "warning") {
		t.Error(got)
	}
}
