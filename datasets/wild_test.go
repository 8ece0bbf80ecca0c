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
func rearranged(
	t *testing.T, name string, move func(path string, data []byte) (string, []byte),
) (official, wild string) {
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
	says := map[string]string{
		"labels in a folder called masks":            "CHASEDB/masks/*.png are read as labels: they cover too little",
		"two-valued files in a folder of no meaning": "adam/*.ppm are read as labels: they have two values only",
	}
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
		"labels with the images' names": {"STARE", func(path string, data []byte) (string, []byte) {
			name := strings.TrimSuffix(base(path), ".gz")
			if strings.Contains(path, "labels-vk") {
				return "STARE/labels-vk/" + strings.Replace(name, ".vk", "", 1), unzipped(t, data)
			}
			if strings.Contains(path, "labels-ah") {
				return "STARE/labels/" + strings.Replace(name, ".ah", "", 1), unzipped(t, data)
			}
			return "STARE/images/" + name, unzipped(t, data)
		}},
		"observers behind an underscore": {"STARE", func(path string, data []byte) (string, []byte) {
			name := strings.NewReplacer(".ah.", "_ah.", ".vk.", "_vk.").Replace(base(path))
			return "STARE/all/" + strings.TrimSuffix(name, ".gz"), unzipped(t, data)
		}},
		"two-valued files in a folder of no meaning": {"STARE", func(path string, data []byte) (string, []byte) {
			name := strings.TrimSuffix(base(path), ".gz")
			if strings.Contains(path, "labels-ah") {
				return "STARE/adam/" + strings.Replace(name, ".ah", "", 1), unzipped(t, data)
			}
			return "STARE/" + strings.TrimSuffix(path, ".gz"), unzipped(t, data)
		}},
		"deep below":                             {"STARE", func(path string, data []byte) (string, []byte) { return "a/b/c/d/e/Retina Segmentation/" + path, data }},
		"all files in a folder named for labels": {"DRIVE", func(path string, data []byte) (string, []byte) { return "my segmentation/" + base(path), data }},
		"labels in a folder for them": {"CHASE_DB1", func(path string, data []byte) (string, []byte) {
			if strings.Contains(path, "1stHO") {
				return "CHASEDB/manual/" + strings.Replace(path, "_1stHO", "", 1), data
			}
			if strings.Contains(path, "2ndHO") {
				return "CHASEDB/2nd_manual/" + strings.Replace(path, "_2ndHO", "", 1), data
			}
			return "CHASEDB/images/" + path, data
		}},
		"labels in a folder called masks": {"CHASE_DB1", func(path string, data []byte) (string, []byte) {
			if strings.Contains(path, "1stHO") {
				return "CHASEDB/masks/" + strings.Replace(path, "_1stHO", "", 1), data
			}
			if strings.Contains(path, "2ndHO") {
				return "CHASEDB/2nd_manual/" + strings.Replace(path, "_2ndHO", "", 1), data
			}
			return "CHASEDB/images/" + path, data
		}},
		"labels named as the images of DRIVE": {"DRIVE", func(path string, data []byte) (string, []byte) {
			if number, ok := strings.CutSuffix(base(path), "_manual1.gif"); ok {
				part := "_training"
				if number <= "20" {
					part = "_test"
				}
				return "DRIVE/labels/" + number + part + ".gif", data
			}
			return "DRIVE/" + path, data
		}},
		"no suffix, train, val and test": {"ISIC2017", func(path string, data []byte) (string, []byte) {
			part, kind := "train", "images"
			if strings.Contains(path, "Validation") {
				part = "val"
			} else if strings.Contains(path, "Test") {
				part = "test"
			}
			if strings.Contains(path, "GroundTruth") {
				kind = "masks"
			}
			return "ISIC2017/latest/" + part + "/" + kind + "/" + strings.Replace(base(path), "_segmentation", "", 1),
				data
		}},
		"_mask behind the name, parts in capitals": {"ISIC2017", func(path string, data []byte) (string, []byte) {
			return "Skin Segmentation/isic-2017/" + strings.ToUpper(strings.SplitN(path, "/", 2)[0]) + "/" +
				strings.Replace(base(path), "_segmentation", "_mask", 1), data
		}},
		"train/image and train/label": {"Lung", func(path string, data []byte) (string, []byte) {
			kind := map[bool]string{true: "label/", false: "image/"}[strings.Contains(path, "masks")]
			return "Lung/train/" + kind + base(path), data
		}},
		"flat, masks by suffix": {"Lung", func(path string, data []byte) (string, []byte) {
			if strings.Contains(path, "masks") {
				return "lungs/" + strings.Replace(base(path), ".tif", "_mask.tif", 1), data
			}
			return "lungs/" + base(path), data
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
		said := strings.Join(slices.Concat(got.copy.Notes, got.Facts().Warnings), "; ")
		if got.Phantom || len(got.images) != len(want.images) || !strings.HasPrefix(said, says[what]) ||
			said != "" && says[what] == "" {
			t.Errorf("%s: %d images instead of %d, notes and warnings %q",
				what, len(got.images), len(want.images), said)
			continue
		}
		fold, _ := want.Fold(0)
		a, err := want.Load(t.Context(), fold.Test[0])
		if err != nil {
			t.Fatal(err)
		}
		b, err := got.Load(t.Context(), fold.Test[0])
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !slices.Equal(a.Image, b.Image) || !slices.Equal(a.Truth, b.Truth) || !slices.Equal(a.FOV, b.FOV) {
			t.Errorf("%s: other pixels than from the official layout", what)
		}
	}
}
