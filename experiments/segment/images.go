package segment

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/files"
	"r2unet/experiments/marks"
	"r2unet/internal/durable"
)

// images are the files to segment and the other files that were found.
type images struct {
	root    string            // folder of the images
	paths   []string          // of all images, relative to root with slashes, sorted
	broken  map[string]string // why a path cannot be read
	leftOut []files.Problem   // files that are not images, with what they are
	results int               // number of files that are results of segment
}

// findImages lists images: of files, of folders, and of what patterns match. A file is recognized as an image by its
// first bytes or, failing that, by its extension.
func findImages(ctx context.Context, named []string) (images, error) {
	m := images{broken: map[string]string{}}
	places, err := locate(named)
	if err != nil {
		return images{}, err
	}
	if m.root, err = commonRoot(places); err != nil {
		return images{}, fmt.Errorf("-images: %w", err)
	}
	seen := map[string]bool{}
	for _, p := range places {
		below, err := filepath.Rel(m.root, p.folder)
		if err != nil {
			return images{}, fmt.Errorf("-images %s: %w", p.folder, err)
		}
		found := []string{p.file}
		if p.file == "" {
			var problems []files.Problem
			if found, problems, err = files.Search(p.folder); err != nil {
				return images{}, fmt.Errorf("-images %s: %w", p.folder, err)
			}
			for _, problem := range problems {
				m.broken[path.Join(filepath.ToSlash(below), problem.File)] = problem.Text
			}
		}
		for _, file := range found {
			if err := ctx.Err(); err != nil {
				return images{}, err
			}
			if file = path.Join(filepath.ToSlash(below), file); !seen[file] {
				seen[file] = true
				m.sort(file)
			}
		}
	}
	m.paths = slices.AppendSeq(m.paths, maps.Keys(m.broken))
	slices.Sort(m.paths)
	m.paths = slices.Compact(m.paths)
	switch about := strings.Join(named, " "); {
	case len(m.paths) == 0 && m.results == 1 && len(places) == 1 && places[0].file != "":
		return images{}, fmt.Errorf("-images %s: is a result of segment, not an image", about)
	case len(m.paths) == 0:
		return images{}, fmt.Errorf("-images %s: no image in it; TIFF, PNG, JPEG, GIF, BMP, WebP, PPM, PGM and DICOM "+
			"are read%s", about, m.also())
	}
	return m, nil
}

// location is an image's file, or a folder of images if file is empty.
type location struct{ folder, file string }

// locate returns the files and folders that -images names.
func locate(named []string) ([]location, error) {
	var all []location
	add := func(path string, folder bool) {
		if folder {
			all = append(all, location{folder: path})
		} else {
			all = append(all, location{filepath.Dir(path), filepath.Base(path)})
		}
	}
	for _, path := range named {
		info, err := os.Stat(path)
		if err == nil || !hasPattern(path) {
			if err != nil {
				return nil, fmt.Errorf("-images: %w", err)
			}
			add(path, info.IsDir())
			continue
		}
		found, err := filepath.Glob(path)
		if err != nil {
			return nil, fmt.Errorf("-images %s: %w", path, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("-images %s: no file is of this pattern", path)
		}
		for _, f := range found {
			info, err := os.Stat(f)
			add(f, err == nil && info.IsDir())
		}
	}
	return all, nil
}

// commonRoot returns the deepest folder that all locations are in. It makes those of several absolute.
func commonRoot(all []location) (string, error) {
	if len(all) == 1 {
		return all[0].folder, nil
	}
	for i := range all {
		var err error
		if all[i].folder, err = filepath.Abs(all[i].folder); err != nil {
			return "", err
		}
	}
	root := all[0].folder
	for _, l := range all[1:] {
		for ; ; root = filepath.Dir(root) {
			below, err := filepath.Rel(root, l.folder)
			if err != nil { // on another volume
				return "", err
			}
			if below != ".." && !strings.HasPrefix(below, ".."+string(filepath.Separator)) {
				break
			}
		}
	}
	return root, nil
}

// readable returns the images that are not known to be broken.
func (m images) readable() []string {
	return slices.DeleteFunc(slices.Clone(m.paths), func(path string) bool { return m.broken[path] != "" })
}

// sort classifies a file.
func (m *images) sort(path string) {
	_, named := stem(path)
	head, err := marks.Head(filepath.Join(m.root, filepath.FromSlash(path)))
	_, _, _, result := marks.Parse(head)
	picture, what := files.Recognize(head)
	switch {
	case result:
		m.results++
	case named || picture:
		m.paths = append(m.paths, path)
	case err != nil:
		m.leftOut = append(m.leftOut, files.Problem{File: path, Text: durable.Bare(err).Error()})
	default:
		m.leftOut = append(m.leftOut, files.Problem{File: path, Text: what})
	}
}

// also describes what was left out, for the end of a message; "" if nothing was.
func (m images) also() string {
	var texts []string
	if n := len(m.leftOut); n > 0 {
		texts = append(texts, fmt.Sprintf("left out %s: %s",
			count(n, "file that is no image", "files that are no images"), m.listLeftOut()))
	}
	if m.results > 0 {
		texts = append(texts, fmt.Sprintf("left out %s", count(m.results, "result of segment", "results of segment")))
	}
	if len(texts) == 0 {
		return ""
	}
	return "; " + strings.Join(texts, "; ")
}

// listed is the largest number of files that a message names.
const listed = 20

func (m images) listLeftOut() string {
	var list []string
	for _, p := range m.leftOut[:min(len(m.leftOut), listed)] {
		list = append(list, fmt.Sprintf("%s (%s)", p.File, p.Text))
	}
	if more := len(m.leftOut) - listed; more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, ", ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
