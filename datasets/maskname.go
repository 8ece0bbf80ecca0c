package datasets

import (
	"regexp"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

var maskSuffix = regexp.MustCompile(`(?i)[_.\- ]?(?:fov[_\- ]?mask|mask|fov)$`)

// fieldName reports whether a file is a field-of-view mask by its name, such as im0001_mask.png, or by one of the
// folders it lies in, such as masks/stare-images/im0001.png, and gives what its name says about the image. Whether it
// shows a field of view is seen when it is decoded: people keep labels in folders called masks, too.
func fieldName(path, stem string) (image string, ok bool) {
	if at := maskSuffix.FindStringIndex(stem); at != nil && at[0] > 0 {
		return stem[:at[0]], true
	}
	switch files.FolderRole(path) {
	case files.Label, files.Second:
		return stem, false
	}
	folders := strings.Split(path, "/")
	return stem, slices.ContainsFunc(folders[:len(folders)-1], func(folder string) bool {
		return files.FolderRole(folder+"/") == files.FOV
	})
}
