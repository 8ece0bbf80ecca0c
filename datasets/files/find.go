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
	w := walker{strict: true}
	err := w.walkRoot(root)
	return w.found, err
}

// Search is Find for a folder of images of which some may be broken. What cannot be read or followed, lies too deep, or has an image's name
// without being a file is a problem, and the rest is still found; problems are sorted by name. The error is that of the root.
func Search(root string) (found []string, problems []Problem, err error) {
	var w walker
	err = w.walkRoot(root)
	return w.found, w.problems, err
}

// walker gathers the files below a folder.
type walker struct {
	strict   bool // the first problem is an error
	found    []string
	problems []Problem
}

func (w *walker) walkRoot(root string) error {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return fmt.Errorf("list folder: %w", err)
	}
	if err := w.walk(root, "", []string{real}, entries); err != nil {
		return err
	}
	slices.Sort(w.found)
	slices.SortFunc(w.problems, func(a, b Problem) int { return strings.Compare(a.File, b.File) })
	return nil
}

// walk adds the files of one folder; above holds the real paths of the folders it lies in, its own as the last.
func (w *walker) walk(dir, rel string, above []string, entries []fs.DirEntry) error {
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || name == "__MACOSX" || name == "lost+found" {
			continue
		}
		full, sub := filepath.Join(dir, name), joinSlash(rel, name)
		mode := e.Type()
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(full)
			if err != nil {
				if err := w.problem(full, sub, unfollowed(err)); err != nil {
					return err
				}
				continue
			}
			mode = info.Mode().Type()
		}
		_, named := Stem(name)
		var err error
		switch {
		case mode.IsRegular() && len(w.found) == maxFiles:
			return fmt.Errorf("folder %s holds more than %d files; it is not a dataset's folder", dir, maxFiles)
		case mode.IsRegular():
			w.found = append(w.found, sub)
		case mode.IsDir():
			if named && !w.strict {
				err = w.problem(full, sub, "is a folder, not an image")
			}
			if err == nil {
				err = w.enter(full, sub, above)
			}
		case named && !w.strict:
			err = w.problem(full, sub, "is not a regular file")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enter walks through a folder within the root.
func (w *walker) enter(full, sub string, above []string) error {
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		return w.problem(full, sub, unfollowed(err))
	}
	if slices.Contains(above, real) {
		return w.problem(full, sub, "is a symbolic link that leads back to "+real+", which it lies in")
	}
	if len(above) > maxDepth {
		if w.strict {
			return nil
		}
		return w.problem(full, sub, fmt.Sprintf("lies deeper than %d folders, and is not looked into", maxDepth))
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		return w.problem(full, sub, "cannot be listed: "+cause(err))
	}
	return w.walk(full, sub, append(slices.Clip(above), real), entries)
}

func (w *walker) problem(full, sub, text string) error {
	if w.strict {
		return fmt.Errorf("%s %s", full, text)
	}
	w.problems = append(w.problems, Problem{sub, text})
	return nil
}

// unfollowed says why a symbolic link cannot be followed.
func unfollowed(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "is a symbolic link that leads to nothing"
	}
	return "is a symbolic link that cannot be followed: " + cause(err)
}

// cause is an error without the path, which is told before it.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
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
