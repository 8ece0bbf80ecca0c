package files

import (
	"slices"
	"strings"
	"unicode"
)

// What the words of a folder's name say about its files.
var (
	imageWords = []string{"image", "images", "img", "imgs", "photo", "photos", "photographs", "picture", "pictures", "slices", "input", "inputs", "originals"}
	labelWords = []string{
		"label", "labels", "manual", "manuals", "gt", "groundtruth", "truth", "truths", "annotation", "annotations", "annotated",
		"segmentation", "segmentations", "ah",
	}
	maskWords   = []string{"mask", "masks", "fov", "fovs"}
	secondWords = []string{"vk", "second", "nd"} // "2nd" is the digit and "nd"

	partWords = map[string]string{
		"train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
		"test": "test", "testing": "test",
	}
	// What is written onto a part's name without a gap, as in "testset".
	partEndings = []string{"set", "sets", "data", "image", "images", "imgs", "mask", "masks", "label", "labels", "gt"}
)

// FolderRole tells from the names of a path's folders what the files in them are, 0 where no name tells. The deepest folder that tells
// counts. Masks are FOV; whoever has no fields of view reads them as labels. A name that tells two things ("images and masks") tells none.
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
		if !slices.Contains(imageWords, last) && has([]string{"images", "imgs", "photos", "photographs", "pictures", "slices"}) {
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

// FolderPart tells from the names of a path's folders which part of a dataset the files in them are: "train", "validation" or "test", or ""
// where no name has one of the words for them as a whole word ("latest" has not). The deepest folder that tells counts; one that names
// two parts tells none.
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

// Telling reports whether a folder's own name tells the role or the part of its files, so that it looks like one of a dataset's. A name with
// an ending, such as labels.csv, is a file's.
func Telling(folder string) bool {
	name := folder[strings.LastIndexByte(folder, '/')+1:]
	if strings.ContainsRune(name, '.') {
		return false
	}
	return FolderRole(name+"/x") != 0 || FolderPart(name+"/x") != ""
}

// Archive reports whether a file's name is that of an archive that has to be unpacked before its files can be read.
func Archive(path string) bool {
	name := strings.ToLower(path)
	return slices.ContainsFunc([]string{".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".7z", ".rar"},
		func(ending string) bool { return strings.HasSuffix(name, ending) })
}

// folders lists the folders of a slash-separated path, the deepest first.
func folders(path string) []string {
	all := strings.Split(path, "/")
	all = all[:len(all)-1]
	slices.Reverse(all)
	return all
}

// words splits a name at everything that is no letter and where capitals begin a word, in lower case: "GroundTruth_v2" gives ground, truth
// and v. A part's name is also split from what is written onto it, as in "testset".
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
		case i > start && unicode.IsUpper(r) && (unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])):
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
