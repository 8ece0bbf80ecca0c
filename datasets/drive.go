package datasets

import (
	"regexp"

	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// DRIVE (Staal et al. 2004): 20 training and 20 test photographs of 565×584 px, with masks of the field of view. The
// official download no longer has the labels of the test half; then every fourth training image is held out for
// testing.
func init() {
	Register(Description{
		Name:           "DRIVE",
		Folders:        []string{"DRIVE"},
		Files:          "21_training.tif, 21_manual1.gif, 21_training_mask.gif",
		Match:          matchDRIVE,
		Splits:         []Protocol{ByPart},
		Crops:          []Crop{{"square", squareFirstRow, squareLastRow}},
		Photograph:     true,
		SecondObserver: true,
		SubjectNames:   true,
		Official: Official{
			Images: map[string]int{"train": 20, "test": 20},
			Width:  565, Height: 584,
			Counts: []Count{
				{Part: "test", Inside: true, Positive: 577_649, Background: 3_960_494},
				{Part: "test", Positive: 577_945, Background: 6_021_255},
			},
		},
		Phantom: phantom.DRIVE,
	})
}

// The rows 9–573, counted from 1, that crop = "square" keeps of DRIVE's 584: the paper's "columns 9 through 574"
// (docs/specification.md, section 2).
const (
	squareFirstRow = 9
	squareLastRow  = 573
)

var (
	driveImage = regexp.MustCompile(`(?i)^(\d\d)_(training|test)$`)
	driveMask  = regexp.MustCompile(`(?i)^(\d\d)(?:_(?:training|test))?$`)
	driveLabel = regexp.MustCompile(`(?i)^(\d\d)_manual([12])$`)
)

// matchDRIVE goes by the file's own name, so that a flattened copy works too: numbers up to 20 are the test half.
func matchDRIVE(path string) (files.Match, bool) {
	stem, ok := files.Stem(path)
	if !ok {
		return files.Match{}, false
	}
	var number string
	var role files.Role
	image, field := fieldName(path, stem)
	if m := driveMask.FindStringSubmatch(image); m != nil && field {
		number, role = m[1], files.FOV
	} else if m := driveImage.FindStringSubmatch(stem); m != nil {
		number, role = m[1], roleInFolder(path)
	} else if m := driveLabel.FindStringSubmatch(stem); m != nil {
		number, role = m[1], files.Label
		if m[2] == "2" {
			role = files.Second
		}
	} else {
		return files.Match{}, false
	}
	id, part := number+"_test", "test"
	if number > "20" {
		id, part = number+"_training", "train"
	}
	return files.Match{ID: id, Subject: number, Part: part, Role: role}, true
}
