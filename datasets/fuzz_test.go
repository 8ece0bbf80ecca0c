package datasets

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets/files"
	"r2unet/internal/alloctest"
)

// FuzzMatch: a file that is taken for one of a dataset's belongs to an entry whose name can be that of a picture in
// the results folder.
func FuzzMatch(f *testing.F) {
	f.Add("DRIVE/training/images/21_training.tif")
	f.Add("2d_masks/ID_0000_Z_0142.tif")
	f.Fuzz(func(t *testing.T, path string) {
		for _, name := range Names() {
			var m files.Match
			var ok bool
			alloctest.AtMost(t, 64*len(path), func() { m, ok = descriptions[name].Match(path) })
			if !ok {
				continue
			}
			if m.Subject == "" || m.Role < files.Image || m.Role > files.FOV ||
				!slices.Contains([]string{"", "train", "validation", "test"}, m.Part) {
				t.Errorf("%s: %q gives %+v", name, path, m)
			}
			if !filepath.IsLocal(m.ID) || strings.Trim(m.ID,
				"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				t.Errorf("%s: %q gives the name %q", name, path, m.ID)
			}
		}
	})
}

// FuzzRecipe: whatever a picture holds and however a checkpoint wants pictures to be prepared, there is a sample or
// an error that names the file.
func FuzzRecipe(f *testing.F) {
	f.Add([]byte("P5 2 2 255\n1234"),
		`{"photograph":true,"input":"grey","clahe":2,"gamma":1.2,"normalization":{"mean":[0.5],"deviation":[0.1]}}`)
	f.Add([]byte("P6 1 1 255\n123"),
		`{"ct":true,"window":[-1000,400],"size":3,"normalization":{"mean":[0.5],"deviation":[0.1]}}`)
	f.Add([]byte("P6 3 1 255\n123456789"),
		`{"photograph":true,"input":"rgb","size":2,"normalize":"image","normalization":{"mean":[0,0,0],"deviation":[1,1,1]}}`)
	path := filepath.Join(f.TempDir(), "picture.ppm")
	f.Fuzz(func(t *testing.T, picture []byte, recipe string) {
		var r Recipe
		if json.Unmarshal([]byte(recipe), &r) != nil || r.Size.check() != nil ||
			max(r.Size.Width, r.Size.Height) > 64 || len(picture) > 10_000 {
			return
		}
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := r.Read(t.Context(), path)
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		pixels := s.Width * s.Height
		if pixels == 0 || len(s.Image) != s.Channels*pixels || s.FOV != nil && len(s.FOV) != pixels {
			t.Errorf("%d×%d×%d: %d values, %d of the field of view",
				s.Width, s.Height, s.Channels, len(s.Image), len(s.FOV))
		}
	})
}
