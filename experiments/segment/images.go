package segment

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// What results are called behind their image's name.
const (
	probabilityEnding = "_probability.png"
	maskEnding        = "_mask.png"
)

// images are what there is to segment.
type images struct {
	root   string            // folder of the images
	paths  []string          // of all, with slashes, below the root, sorted
	broken map[string]string // why a path cannot even be read
	names  map[string]string // where the results of the others go below the results folder, without endings
}

// findImages lists an image, or those of a folder.
func findImages(path, out string) (images, error) {
	info, err := os.Stat(path)
	if err != nil {
		return images{}, fmt.Errorf("-images: %w", err)
	}
	m := images{root: path, broken: map[string]string{}}
	all := []string{filepath.Base(path)}
	if info.IsDir() {
		found, problems, err := files.Search(path)
		if err != nil {
			return images{}, fmt.Errorf("-images %s: %w", path, err)
		}
		all = found
		for _, p := range problems {
			m.broken[p.File] = p.Text
			m.paths = append(m.paths, p.File)
		}
	} else {
		m.root = filepath.Dir(path)
	}
	var readable []string
	for _, path := range all {
		if _, ok := files.Stem(path); ok {
			readable = append(readable, path)
		}
	}
	m.paths = append(m.paths, readable...)
	slices.Sort(m.paths)
	if len(m.paths) == 0 {
		return images{}, fmt.Errorf("-images %s: no image in it; TIFF, PNG, JPEG, GIF, PPM and PGM are read", path)
	}
	m.names = nameResults(readable)
	return m, m.checkResults(out)
}

// nameResults says where the results of images go: to their stems, or to their whole names where results would meet, or where nothing but
// dots is left of a name, which would lead out of the results folder.
func nameResults(paths []string) map[string]string {
	names := map[string]string{}
	for _, path := range paths {
		path = filepath.FromSlash(path)
		stem, _ := files.Stem(filepath.ToSlash(path))
		if strings.Trim(stem, ".") == "" {
			stem = filepath.Base(path)
		}
		names[filepath.ToSlash(path)] = filepath.Join(filepath.Dir(path), stem)
	}
	for again := true; again; {
		again = false
		count := map[string]int{}
		for _, name := range names {
			count[name]++
		}
		for path, name := range names {
			if whole := filepath.FromSlash(path); count[name] > 1 && name != whole {
				names[path], again = whole, true
			}
		}
	}
	return names
}

// checkResults refuses a results folder in which a result would take an image's place.
func (m images) checkResults(out string) error {
	below, inside := within(m.root, out)
	if !inside {
		return nil
	}
	for _, path := range m.paths {
		name, readable := m.names[path]
		for _, ending := range []string{probabilityEnding, maskEnding} {
			result := filepath.ToSlash(filepath.Join(below, name+ending))
			if _, there := slices.BinarySearch(m.paths, result); there && readable {
				return fmt.Errorf("-out %s: the result of %s would replace the image %s; choose another folder", out, path, result)
			}
		}
	}
	return nil
}

// within gives the path of a folder below another, if both are there and it is one.
func within(root, folder string) (below string, inside bool) {
	realRoot, errRoot := filepath.EvalSymlinks(root)
	realFolder, errFolder := filepath.EvalSymlinks(folder)
	if errRoot != nil || errFolder != nil {
		return "", false
	}
	absoluteRoot, errRoot := filepath.Abs(realRoot)
	absoluteFolder, errFolder := filepath.Abs(realFolder)
	if errRoot != nil || errFolder != nil {
		return "", false
	}
	below, err := filepath.Rel(absoluteRoot, absoluteFolder)
	return below, err == nil && filepath.IsLocal(below)
}
