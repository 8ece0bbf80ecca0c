package datasets

import (
	"regexp"
	"strings"

	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// STARE (Hoover et al. 2000): 20 photographs of 700×605 px with the labels of two observers, ah and vk; no masks, but
// others have made some. Each image is tested once by a network trained on the other 19.
func init() {
	Register(Description{
		Name:           "STARE",
		Folders:        []string{"STARE"},
		Files:          "im0001.ppm.gz, im0001.ah.ppm.gz",
		Match:          matchSTARE,
		Splits:         []Protocol{{Name: "leave-one-out", Divide: LeaveOneOut}},
		Photograph:     true,
		SecondObserver: true,
		CommonNames:    true,
		SubjectNames:   true,
		Official: Official{
			Images: map[string]int{"": 20},
			Width:  700, Height: 605,
			Counts: []Count{{Positive: 644_053, Background: 8_470_000 - 644_053}},
		},
		Phantom: phantom.STARE,
	})
}

var stareName = regexp.MustCompile(`(?i)^(im\d{4})(?:[._-](ah|vk))?$`)

func matchSTARE(path string) (files.Match, bool) {
	stem, ok := files.Stem(path)
	if !ok {
		return files.Match{}, false
	}
	stem, field := fieldName(path, stem)
	m := stareName.FindStringSubmatch(stem)
	if m == nil {
		return files.Match{}, false
	}
	id := strings.ToLower(m[1])
	role := map[string]files.Role{"": roleInFolder(path), "ah": files.Label, "vk": files.Second}[strings.ToLower(m[2])]
	if field && m[2] == "" {
		role = files.FOV
	}
	return files.Match{ID: id, Subject: id, Role: role}, true
}
