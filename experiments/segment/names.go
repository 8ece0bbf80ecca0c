package segment

import (
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"r2unet/datasets/files"
)

// stem returns a file's name without folder and image extensions; named reports whether it had one.
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

// nameResults maps images to the paths of their results below the results folder, without endings. A result is named
// after its image's stem, or after its whole name if stems collide or consist of dots only, which would lead out of the
// results folder. With fold, names that differ in case only collide, as they do in a case-insensitive results folder.
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

// foldsCase reports whether the file system of a folder, or of its nearest existing parent, is case-insensitive.
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

// realPath resolves the symbolic links of a path whose file need not exist. Two results collide if their real paths are
// equal.
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
