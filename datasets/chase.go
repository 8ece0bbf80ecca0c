package datasets

import (
	"regexp"
	"strings"

	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// CHASE_DB1 (Fraz et al. 2012): both eyes of 14 children, 999×960 px, with the labels of two observers; no masks, but
// others have made some. Children 01–10 train, 11–14 test; split = "paper" draws 8 of the 28 images for testing, so
// that a child can be on both sides.
func init() {
	Register(Description{
		Name:           "CHASE_DB1",
		Folders:        []string{"CHASE_DB1", "CHASEDB1", "CHASE"},
		Files:          "Image_01L.jpg, Image_01L_1stHO.png",
		Match:          matchCHASE,
		Splits:         []Protocol{{Name: "patients", Divide: chaseChildren}, {Name: "paper", Divide: chaseDrawn}},
		Photograph:     true,
		SecondObserver: true,
		SubjectNames:   true,
		Official: Official{
			Images: map[string]int{"": 28},
			Width:  999, Height: 960,
			Counts: []Count{{Positive: 1_861_974, Background: 28*999*960 - 1_861_974}},
		},
		Phantom: phantom.CHASE,
	})
}

var chaseName = regexp.MustCompile(`(?i)^Image_(\d\d)([LR])(?:_(1st|2nd)HO)?$`)

func matchCHASE(path string) (files.Match, bool) {
	stem, ok := files.Stem(path)
	if !ok {
		return files.Match{}, false
	}
	stem, field := fieldName(path, stem)
	m := chaseName.FindStringSubmatch(stem)
	if m == nil {
		return files.Match{}, false
	}
	role := map[string]files.Role{
		"": roleInFolder(path), "1st": files.Label, "2nd": files.Second,
	}[strings.ToLower(m[3])]
	if field && m[3] == "" {
		role = files.FOV
	}
	return files.Match{ID: "Image_" + m[1] + strings.ToUpper(m[2]), Subject: m[1], Role: role}, true
}

// chaseTestImages is the number of images that the paper tests on, or as many parts of fewer.
func chaseTestImages(entries []files.Entry) int { return 8 * len(entries) / 28 }

// chaseDrawn is the paper's split.
func chaseDrawn(entries []files.Entry, seed uint64) ([]Split, error) {
	return Drawn(entries, 0, chaseTestImages(entries), ByImage, seed)
}

// chaseChildren tests children 11–14. Where those, or all others, are not there, children are drawn.
func chaseChildren(entries []files.Entry, seed uint64) ([]Split, error) {
	var s Split
	for _, e := range entries {
		if e.Subject > "10" {
			s.Test = append(s.Test, e.ID)
		} else {
			s.Train = append(s.Train, e.ID)
		}
	}
	if len(s.Test) == 0 || len(s.Train) == 0 {
		return Drawn(entries, 0, chaseTestImages(entries), ByPatient, seed)
	}
	return []Split{s}, nil
}
