package datasets

import (
	"regexp"
	"strings"

	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// Lung (Kaggle, "Finding and Measuring Lungs in CT Data"): 267 axial slices of 512×512 px in CT numbers, with masks
// of the lungs. 30 % test, and a tenth of the rest validates. Slices of one patient stay together as far as the names
// tell patients (the number after ID); split = "paper" draws slices.
func init() {
	Register(Description{
		Name:    "Lung",
		Folders: []string{"Lung", "Lungs", "finding-lungs-in-ct-data", "finding-and-measuring-lungs-in-ct-data"},
		Files:   "2d_images/ID_0000_Z_0142.tif, 2d_masks/ID_0000_Z_0142.tif",
		Match:   matchLung,
		Splits: []Protocol{
			{Name: "patients", Divide: lungDrawn(ByPatient)}, {Name: "paper", Divide: lungDrawn(ByImage)},
		},
		CT:           true,
		Window:       lungWindow,
		SubjectNames: true,
		Official: Official{
			Images: map[string]int{"": 267},
			Width:  512, Height: 512,
		},
		Phantom: phantom.Lung,
	})
}

// lungWindow is the usual range of CT numbers to look at lungs, HU. Clamping to it comes before scaling: the padding
// outside of the scan circle would squeeze a minimum–maximum scaling.
var lungWindow = [2]float64{-1000, 400}

var lungName = regexp.MustCompile(`(?i)^((ID_\d+)_Z_\d+)(_mask|_label|_gt)?$`)

// matchLung tells images from masks by their folders, as their official names are the same.
func matchLung(path string) (files.Match, bool) {
	stem, ok := files.Stem(path)
	if !ok {
		return files.Match{}, false
	}
	m := lungName.FindStringSubmatch(stem)
	if m == nil {
		return files.Match{}, false
	}
	role := files.Label
	if m[3] == "" && roleInFolder(path) == files.Image {
		role = files.Image
	}
	return files.Match{ID: strings.ToUpper(m[1]), Subject: strings.ToUpper(m[2]), Role: role}, true
}

// lungDrawn draws 30 % to test and a tenth of the rest to validate.
func lungDrawn(unit func(files.Entry) string) func([]files.Entry, uint64) ([]Split, error) {
	return func(entries []files.Entry, seed uint64) ([]Split, error) {
		n := len(entries)
		test := (3*n + 5) / 10
		return Drawn(entries, max(1, (n-test)/10), test, unit, seed)
	}
}
