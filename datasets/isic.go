package datasets

import (
	"errors"
	"regexp"
	"strings"

	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// ISIC 2017 (Codella et al. 2018), part 1: photographs of skin lesions of many sizes. split = "paper" draws
// 1250/150/600 of the 2000 training images, as the paper does, or as many parts of fewer; "official" keeps the
// challenge's 2000/150/600.
func init() {
	Register(Description{
		Name:    "ISIC2017",
		Folders: []string{"ISIC2017", "ISIC2017_256", "ISIC-2017", "ISIC_2017", "ISIC"},
		Files: "ISIC-2017_Training_Data/ISIC_0000000.jpg, " +
			"ISIC-2017_Training_Part1_GroundTruth/ISIC_0000000_segmentation.png",
		Match:   matchISIC,
		Foreign: foreignISIC,
		Splits:  []Protocol{{Name: "paper", Divide: isicDrawn}, {Name: "official", Divide: isicParts}},
		Colour:  true,

		CommonNames: true,
		Official:    Official{Images: map[string]int{"train": 2000, "validation": 150, "test": 600}},
		Phantom:     phantom.ISIC,
	})
}

var (
	isicName = regexp.MustCompile(`(?i)^(ISIC_\d+)(_segmentation|_mask|_label|_gt)?$`)
	isicYear = regexp.MustCompile(`(?i)IS(?:IC|BI)[-_ a-z]*(20\d\d|(?:1[6-9]|20)(?:\b|_|[a-z]))|HAM10000`)
)

// foreignISIC goes by the deepest folder that names a year, or HAM10000, which is part of 2018: the challenges of
// other years have files of the same names, which are other images and other labels.
func foreignISIC(path string) string {
	named := isicYear.FindAllStringSubmatch(path[:strings.LastIndexByte(path, '/')+1], -1)
	if len(named) == 0 {
		return ""
	}
	last := named[len(named)-1]
	switch year := last[1]; {
	case year == "":
		return strings.ToUpper(last[0])
	case year == "2017" || year[:2] == "17":
		return ""
	case len(year) < 4: // two digits and what follows them
		return "ISIC 20" + year[:2]
	default:
		return "ISIC " + year
	}
}

// matchISIC leaves out superpixels and tables. The part is told by the folder; a flattened copy is all training images.
func matchISIC(path string) (files.Match, bool) {
	stem, ok := files.Stem(path)
	if !ok {
		return files.Match{}, false
	}
	m := isicName.FindStringSubmatch(stem)
	if m == nil {
		return files.Match{}, false
	}
	id, part := strings.ToUpper(m[1]), files.FolderPart(path)
	if part == "" {
		part = "train"
	}
	role := files.Label
	if m[2] == "" && roleInFolder(path) == files.Image {
		role = files.Image
	}
	return files.Match{ID: id, Subject: id, Part: part, Role: role}, true
}

// isicParts keeps the challenge's parts.
func isicParts(entries []files.Entry, _ uint64) ([]Split, error) {
	s := Parts(entries)
	if len(s.Validation) == 0 || len(s.Test) == 0 || len(s.Train) == 0 {
		return nil, errors.New(`split = "official" needs labelled images in a training, a validation and a test ` +
			`folder; split = "paper" makes do with the training folder`)
	}
	return []Split{s}, nil
}

// isicDrawn is the paper's split of the training part.
func isicDrawn(entries []files.Entry, seed uint64) ([]Split, error) {
	var pool []files.Entry
	for _, e := range entries {
		if e.Part == "train" {
			pool = append(pool, e)
		}
	}
	n := len(pool)
	return Drawn(pool, max(1, n*150/2000), n*600/2000, ByImage, seed)
}
