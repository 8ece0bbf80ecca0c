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

	"r2unet/internal/durable"
)

// A search goes level by level, and looks first into folders with names like "images" or "test", so that a large
// unrelated tree hides nothing within these limits.
const maxDepth = 12

var maxEntries = 500_000 // a variable for tests

// TooManyError reports that a search stopped at its limit of files and folders.
type TooManyError struct {
	Root string
	Next string // the first folder not searched, relative to the root
}

// Error names the root and the first folder not searched.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("folder %s holds more than %d files and folders; %s and what follows were not looked into",
		e.Root, maxEntries, e.Next)
}

// Search lists the regular files under root as sorted, slash-separated paths relative to it. It skips hidden files and
// those that operating systems create, and follows links to folders.
//
// A file or folder that cannot be read or followed, lies deeper than twelve folders, or is named like an image without
// being a file, becomes a problem, and the search goes on; problems are sorted by name. The error concerns the root
// itself, or is a TooManyError, in which case the files found so far are returned with it.
func Search(root string) (found []string, problems []Problem, err error) {
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, nil, fmt.Errorf("list folder: %w", err)
	}
	w := walker{root: root}
	w.list(folder{real: resolved}, entries)
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

// walker collects the files below a folder.
type walker struct {
	root     string
	entries  int
	telling  []folder // to be searched, with names that say what is in them
	others   []folder // to be searched, with other names
	found    []string
	problems []Problem
}

// folder is a folder below the root. real is its path without links, "" for a link that has not been followed yet;
// above holds the real paths of the folders that contain it.
type folder struct {
	path  string
	real  string
	above []string
}

// next removes and returns the folder to be searched next.
func (w *walker) next() (f folder, ok bool) {
	for _, queue := range []*[]folder{&w.telling, &w.others} {
		if len(*queue) > 0 {
			f, *queue = (*queue)[0], (*queue)[1:]
			return f, true
		}
	}
	return folder{}, false
}

// left lists files and folders, other than hidden ones, that operating systems create.
var left = []string{"__MACOSX", "lost+found", "System Volume Information", "$RECYCLE.BIN"}

// list adds the content of a folder.
func (w *walker) list(f folder, entries []fs.DirEntry) {
	w.entries += min(len(entries), maxEntries/25+1) // one huge folder must not end the search
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || slices.ContainsFunc(left, func(s string) bool {
			return strings.EqualFold(s,
				name)
		}) {
			continue
		}
		sub := joinSlash(f.path, name)
		mode, target := e.Type(), filepath.Join(f.real, name)
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(w.full(sub))
			if err != nil {
				w.lost(sub, unfollowed(err))
				continue
			}
			mode, target = info.Mode().Type(), ""
		}
		_, named := Stem(name)
		switch {
		case mode.IsRegular():
			w.found = append(w.found, sub)
		case mode.IsDir():
			if named {
				w.problem(sub, "is a folder, not an image")
			}
			in := folder{sub, target, append(slices.Clip(f.above), f.real)}
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

// enter searches a folder below the root.
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
		w.lost(f.path, "cannot be listed: "+durable.Bare(err).Error())
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
	return "is a symbolic link that cannot be followed: " + durable.Bare(err).Error()
}

func joinSlash(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// Stem returns a file's name without its folder and its picture extension, in upper or lower case: "im0001.ah" for
// "a/im0001.ah.PPM.gz". ok reports whether the extension is one of a supported format.
func Stem(path string) (stem string, ok bool) {
	stem = path[strings.LastIndexByte(path, '/')+1:]
	stem = cutEnding(stem, ".gz")
	for _, e := range []string{
		".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pnm", ".jpg", ".jpeg", ".png", ".bmp", ".webp",
		".dcm",
	} {
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
