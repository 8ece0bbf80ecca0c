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

// Limits of a search. It goes level by level, folders with names like "images" or "test" first, so that a large tree of something else
// hides nothing.
const maxDepth = 12

var maxEntries = 500_000 // a variable for the test

// TooManyError says that a search has stopped at its limit of files and folders.
type TooManyError struct {
	Root string
	Next string // the first folder that was not looked into, relative to the root
}

// Error names the root, whose size it is, and the folder.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("folder %s holds more than %d files and folders; %s and what follows were not looked into", e.Root, maxEntries, e.Next)
}

// Search lists the regular files under root, as slash-separated paths relative to it, sorted. Hidden files and what systems leave behind
// are left out, and links to folders are followed. What cannot be read or followed, lies deeper than twelve folders, or has an image's
// name without being a file is a problem, and the rest is still found; problems are sorted by name. The error is that of the root, or a
// TooManyError, beside which the files of the levels above are given all the same.
func Search(root string) (found []string, problems []Problem, err error) {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, nil, fmt.Errorf("list folder: %w", err)
	}
	w := walker{root: root}
	w.list(folder{real: real}, entries)
	for {
		next, ok := w.next()
		if !ok {
			break
		}
		if w.entries > maxEntries {
			err = &TooManyError{root, next.path}
			break
		}
		w.enter(next)
	}
	slices.Sort(w.found)
	slices.SortFunc(w.problems, func(a, b Problem) int { return strings.Compare(a.File, b.File) })
	return w.found, w.problems, err
}

// walker gathers the files below a folder.
type walker struct {
	root     string
	entries  int
	telling  []folder // found and not yet looked into, with names that tell what is in them
	others   []folder // the same without
	found    []string
	problems []Problem
}

// folder is one within the root. Real paths are those of the folder, "" of a link until it is followed, and of the folders it lies in.
type folder struct {
	path  string
	real  string
	above []string
}

// next takes the folder that is looked into next.
func (w *walker) next() (f folder, ok bool) {
	for _, queue := range []*[]folder{&w.telling, &w.others} {
		if len(*queue) > 0 {
			f, *queue = (*queue)[0], (*queue)[1:]
			return f, true
		}
	}
	return folder{}, false
}

// left are folders and files that systems leave behind, beside hidden ones.
var left = []string{"__MACOSX", "lost+found", "System Volume Information", "$RECYCLE.BIN"}

// list adds what lies in a folder.
func (w *walker) list(f folder, entries []fs.DirEntry) {
	w.entries += min(len(entries), maxEntries/25+1) // one huge folder is not the end of the search
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || slices.ContainsFunc(left, func(s string) bool { return strings.EqualFold(s, name) }) {
			continue
		}
		sub := joinSlash(f.path, name)
		mode, real := e.Type(), filepath.Join(f.real, name)
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(w.full(sub))
			if err != nil {
				w.lost(sub, unfollowed(err))
				continue
			}
			mode, real = info.Mode().Type(), ""
		}
		_, named := Stem(name)
		switch {
		case mode.IsRegular():
			w.found = append(w.found, sub)
		case mode.IsDir():
			if named {
				w.problem(sub, "is a folder, not an image")
			}
			in := folder{sub, real, append(slices.Clip(f.above), f.real)}
			if Telling(name) {
				w.telling = append(w.telling, in)
			} else {
				w.others = append(w.others, in)
			}
		case named:
			w.problem(sub, "is not a regular file")
		}
	}
}

// enter looks into a folder within the root.
func (w *walker) enter(f folder) {
	if f.real == "" {
		var err error
		if f.real, err = filepath.EvalSymlinks(w.full(f.path)); err != nil {
			w.lost(f.path, unfollowed(err))
			return
		}
	}
	if slices.Contains(f.above, f.real) {
		w.problem(f.path, "is a symbolic link that leads back to "+f.real+", which it lies in")
		return
	}
	if len(f.above) > maxDepth {
		w.problem(f.path, fmt.Sprintf("lies deeper than %d folders, and is not looked into", maxDepth))
		return
	}
	entries, err := os.ReadDir(w.full(f.path))
	if err != nil {
		w.lost(f.path, "cannot be listed: "+cause(err))
		return
	}
	w.list(f, entries)
}

func (w *walker) full(sub string) string { return filepath.Join(w.root, filepath.FromSlash(sub)) }

func (w *walker) problem(sub, text string) {
	w.problems = append(w.problems, Problem{File: sub, Text: text})
}

func (w *walker) lost(sub, text string) {
	w.problems = append(w.problems, Problem{File: sub, Text: text, Lost: true})
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
	for _, e := range []string{".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pnm", ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".dcm"} {
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
