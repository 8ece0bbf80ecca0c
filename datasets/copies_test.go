package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

func TestFoldersTellTheYearOfISIC(t *testing.T) {
	for folder, want := range map[string]string{
		"ISIC18": "ISIC 2018", "isic-16": "ISIC 2016", "ISIC_2019": "ISIC 2019", "isic19_jpg": "ISIC 2019", "ISIC2020": "ISIC 2020", "ISIC20": "ISIC 2020",
		"ISIC17": "", "ISIC2017_256": "", "ISIC_256": "", "ISIC-2017_Training_Data": "", "ISIC": "",
	} {
		if got := foreignISIC(folder + "/images/ISIC_0000018.jpg"); got != want {
			t.Errorf("%s: %q, want %q", folder, got, want)
		}
	}
}

func TestFoldersAboveTheDatasetsOwnTellNoPart(t *testing.T) {
	root := t.TempDir()
	for file, want := range map[string]string{
		"test/ISIC2017/images/ISIC_0000000.jpg": "train", "ISIC2017/test/images/ISIC_0000000.jpg": "test",
	} {
		dir := filepath.Join(root, want)
		label := strings.Replace(file, "images", "masks", 1)
		for _, name := range []string{file, label} {
			full := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		c, err := descriptions["ISIC2017"].Find(dir)
		if err != nil || len(c.Entries) != 1 || c.Entries[0].Part != want {
			t.Errorf("%s: %v, %+v", file, err, c)
		}
	}
}

func TestSlicesWithoutEndingAreNamed(t *testing.T) {
	root := brokenCopy(t, "Lung", func(dir string) {
		slices, err := filepath.Glob(filepath.Join(dir, "2d_images", "*.tif"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range slices {
			if err := os.Rename(s, strings.TrimSuffix(s, ".tif")+".IMA"); err != nil {
				t.Fatal(err)
			}
		}
	})
	_, err := opened(t, "Lung", root, nil)
	if err == nil || !strings.Contains(err.Error(), "labels or masks have no image") ||
		!strings.Contains(err.Error(), "such as 2d_images/ID_0000_Z_0060.IMA; if they are DICOM files, call them "+
			"ID_0000_Z_0060.dcm") {
		t.Error(err)
	}
}

func TestOtherModalitiesAreNotCT(t *testing.T) {
	m := raster.New(2, 1, 1, raster.Int16)
	m.Modality = "MR"
	if short, _ := CTFault(m, lungWindow); short != `is a DICOM file of modality "MR", not CT` {
		t.Error(short)
	}
}

func TestUnusedPartsAreCounted(t *testing.T) {
	entries := []files.Entry{
		{ID: "a", Part: "train"},
		{ID: "b", Part: "train"},
		{ID: "c", Part: "validation"},
		{ID: "d", Part: "test"},
		{ID: "e", Part: "test"},
	}
	if got := UnusedParts(entries, []Split{{Train: []string{"a"}, Test: []string{"b"}}}); !strings.Contains(got,
		"the validation part's 1 labelled image and the test part's 2 labelled images") {
		t.Error(got)
	}
	if got := UnusedParts(entries, []Split{Parts(entries)}); got != "" {
		t.Error(got)
	}
}
