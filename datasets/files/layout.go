package files

import (
	"slices"
	"strings"
	"unicode"
)

// Words in the names of folders, and what they say about the files in them.
var (
	imageWords = []string{
		"image", "images", "img", "imgs", "photo", "photos", "photographs", "picture", "pictures", "slices",
		"input", "inputs", "originals",
	}
	labelWords = []string{
		"label", "labels", "manual", "manuals", "gt", "groundtruth", "truth", "truths", "annotation", "annotations",
		"annotated",
		"segmentation", "segmentations", "ah",
	}
	maskWords   = []string{"mask", "masks", "fov", "fovs"}
	secondWords = []string{"vk", "second", "nd"} // "2nd" is the digit and "nd"

	partWords = map[string]string{
		"train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
		"test": "test", "testing": "test",
	}
	// Words that follow a part's name without a gap, as in "testset".
	partEndings = []string{"set", "sets", "data", "image", "images", "imgs", "mask", "masks", "label", "labels", "gt"}
)

// FolderRole returns the role of a path's files according to the names of its folders, or 0 if no name says one. The
// deepest folder with a role counts. Masks are FOV; callers without fields of view treat them as labels. A name with
// two roles ("images and masks") has none.
func FolderRole(path string) Role {
	for _, folder := range folders(path) {
		if r := roleOf(words(folder)); r != 0 {
			return r
		}
	}
	return 0
}

func roleOf(words []string) Role {
	has := func(known []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(known, w) })
	}
	label, mask, image := has(labelWords), has(maskWords), has(imageWords)
	second := has(secondWords)
	if image && (label || mask) {
		last := words[len(words)-1]
		// "label_images" and "image_labels" have labels, "images_labels" has both.
		if !slices.Contains(imageWords, last) &&
			has([]string{"images", "imgs", "photos", "photographs", "pictures", "slices"}) {
			return 0
		}
		image = false
	}
	switch {
	case slices.Contains(words, "vk"), label && second:
		return Second
	case label:
		return Label
	case mask:
		return FOV
	case image:
		return Image
	}
	return 0
}

// FolderPart returns the part of a dataset that a path's files belong to according to the names of its folders:
// "train", "validation" or "test", or "" if none of the names contains one of their words as a whole word ("latest"
// does not). The deepest folder with a part counts; a name with two parts has none.
func FolderPart(path string) string {
	for _, folder := range folders(path) {
		part := ""
		for _, w := range words(folder) {
			p := partWords[w]
			if p == "" || p == part {
				continue
			}
			if part != "" {
				part = ""
				break
			}
			part = p
		}
		if part != "" {
			return part
		}
	}
	return ""
}

// Telling reports whether a folder's own name gives the role or the part of its files, as in a dataset. A name with an
// extension, such as labels.csv, belongs to a file and does not count.
func Telling(folder string) bool {
	name := folder[strings.LastIndexByte(folder, '/')+1:]
	if strings.ContainsRune(name, '.') {
		return false
	}
	return FolderRole(name+"/x") != 0 || FolderPart(name+"/x") != ""
}

// Archive reports whether a file's name is that of an archive, which has to be unpacked first.
func Archive(path string) bool {
	name := strings.ToLower(path)
	endings := []string{
		".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".7z", ".rar",
	}
	return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(name, ending) })
}

// folders lists the folders of a slash-separated path, deepest first.
func folders(path string) []string {
	all := strings.Split(path, "/")
	all = all[:len(all)-1]
	slices.Reverse(all)
	return all
}

// words splits a name at non-letters and at capitals that begin a word, and returns the parts in lower case:
// "GroundTruth_v2" gives ground, truth and v. A part's name is also split from a word that follows it directly, as in
// "testset".
func words(name string) []string {
	var all []string
	letters := []rune(name)
	start := 0
	cut := func(end int) {
		if end > start {
			all = append(all, parted(strings.ToLower(string(letters[start:end])))...)
		}
		start = end
	}
	for i, r := range letters {
		switch {
		case !unicode.IsLetter(r):
			cut(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) &&
			(unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])):
			cut(i)
		}
	}
	cut(len(letters))
	return all
}

func parted(word string) []string {
	for part := range partWords {
		if rest, ok := strings.CutPrefix(word, part); ok && slices.Contains(partEndings, rest) {
			return []string{part, rest}
		}
	}
	return []string{word}
}
