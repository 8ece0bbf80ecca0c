// Package files finds the files of a dataset in a folder, pairs images with labels by their stems, and reads them.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of a search. The deepest official layout is two folders; one more is allowed for an archive unpacked into a folder of its own.
const (
	maxDepth = 5
	maxFiles = 500_000
)

// Find lists the regular files under root, as slash-separated paths relative to it, sorted. Hidden files, what systems leave behind and
// folders deeper than five levels are left out. Links to folders are followed; one that leads back into itself is an error, as are
// folders that cannot be read and more than half a million files.
func Find(root string) ([]string, error) {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	var found []string
	if err := walk(root, "", []string{real}, &found); err != nil {
		return nil, err
	}
	slices.Sort(found)
	return found, nil
}

// walk adds the files of one folder; above holds the real paths of the folders it lies in.
func walk(dir, rel string, above []string, found *[]string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list folder: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || name == "__MACOSX" || name == "lost+found" {
			continue
		}
		full, sub := filepath.Join(dir, name), joinSlash(rel, name)
		mode := e.Type()
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(full)
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("symbolic link %s leads to nothing", full)
			}
			if err != nil {
				return fmt.Errorf("follow symbolic link: %w", err)
			}
			mode = info.Mode().Type()
		}
		switch {
		case mode.IsRegular():
			if len(*found) == maxFiles {
				return fmt.Errorf("folder %s holds more than %d files; it is not a dataset's folder", dir, maxFiles)
			}
			*found = append(*found, sub)
		case mode.IsDir() && len(above) <= maxDepth:
			real, err := filepath.EvalSymlinks(full)
			if err != nil {
				return fmt.Errorf("follow symbolic link: %w", err)
			}
			if slices.Contains(above, real) {
				return fmt.Errorf("symbolic link %s leads back to %s, which it lies in", full, real)
			}
			if err := walk(full, sub, append(slices.Clip(above), real), found); err != nil {
				return err
			}
		}
	}
	return nil
}

func joinSlash(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// Stem is a file's name without folder and image endings, upper or lower case: "a/im0001.ah.PPM.gz" gives "im0001.ah". ok says whether
// the file had an ending of a format that is read.
func Stem(path string) (stem string, ok bool) {
	stem = path[strings.LastIndexByte(path, '/')+1:]
	stem = cutEnding(stem, ".gz")
	for _, e := range []string{".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pnm", ".jpg", ".jpeg", ".png"} {
		if cut := cutEnding(stem, e); cut != stem {
			return cut, true
		}
	}
	return stem, false
}

func cutEnding(name, ending string) string {
	at := len(name) - len(ending)
	if at > 0 && strings.EqualFold(name[at:], ending) {
		return name[:at]
	}
	return name
}

// Folder is the path of the folder of a slash-separated path, in lower case, for layouts where it tells what a file is.
func Folder(path string) string {
	return strings.ToLower(path[:max(0, strings.LastIndexByte(path, '/'))])
}
