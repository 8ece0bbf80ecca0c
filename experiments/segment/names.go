package segment

import (
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"r2unet/datasets/files"
)

// What results are called behind their image's name.
const (
	probabilityEnding = "_probability.png"
	maskEnding        = "_mask.png"
)

// stem is a file's name without folder and image endings; named says whether it had one.
func stem(path string) (stem string, named bool) {
	if stem, named = files.Stem(path); named {
		return stem, true
	}
	for _, ending := range []string{".jfif", ".jpe", ".bmp", ".dib", ".webp", ".dcm", ".dicom"} {
		if at := len(stem) - len(ending); at > 0 && strings.EqualFold(stem[at:], ending) {
			return stem[:at], true
		}
	}
	return filepath.Base(filepath.FromSlash(path)), false
}

// nameResults says where the results of images go below the results folder, without endings: to their stems, or to their whole names where
// results would meet, or where nothing but dots is left of a name, which would lead out of the results folder. Where the results folder
// does not tell upper from lower case (fold), neither do names.
func nameResults(paths []string, fold bool) map[string]string {
	key := func(name string) string {
		if fold {
			return strings.ToLower(name)
		}
		return name
	}
	names := map[string]string{}
	for _, path := range paths {
		short, _ := stem(path)
		path = filepath.FromSlash(path)
		if strings.Trim(short, ".") == "" {
			short = filepath.Base(path)
		}
		names[filepath.ToSlash(path)] = filepath.Join(filepath.Dir(path), short)
	}
	for again := true; again; {
		again = false
		count := map[string]int{}
		for _, name := range names {
			count[key(name)]++
		}
		for path, name := range names {
			if whole := filepath.FromSlash(path); count[key(name)] > 1 && name != whole {
				names[path], again = whole, true
			}
		}
	}
	return names
}

// foldsCase reports whether the file system of a folder, or of the nearest one above it that is there, does not tell upper from lower case.
func foldsCase(folder string) bool {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return false
	}
	for ; filepath.Dir(folder) != folder; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		other := strings.Map(swapCase, filepath.Base(folder))
		if err != nil || other == filepath.Base(folder) {
			continue
		}
		same, err := os.Stat(filepath.Join(filepath.Dir(folder), other))
		return err == nil && os.SameFile(info, same)
	}
	return false
}

func swapCase(r rune) rune {
	if unicode.IsUpper(r) {
		return unicode.ToLower(r)
	}
	return unicode.ToUpper(r)
}

// realPath is the path of a file that may not be there yet, with the links followed that lead to it. Two results meet where their paths are
// really the same.
func realPath(path string) string {
	rest := ""
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		if found, err := filepath.EvalSymlinks(folder); err == nil {
			if absolute, err := filepath.Abs(found); err == nil {
				found = absolute
			}
			return filepath.Join(found, rest, filepath.Base(path))
		}
		if filepath.Dir(folder) == folder {
			return path
		}
		rest = filepath.Join(filepath.Base(folder), rest)
	}
}
