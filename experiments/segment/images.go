package segment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// images are the files to segment and the other files that were found.
type images struct {
	root    string            // folder of the images
	paths   []string          // of all images, relative to root with slashes, sorted
	broken  map[string]string // why a path cannot be read
	leftOut []files.Problem   // files that are not images, with what they are
	results int               // number of files that are results of segment
}

// findImages lists one image or the images of a folder. A file is recognized as an image by its first bytes or, failing
// that, by its extension.
func findImages(ctx context.Context, path string) (images, error) {
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
		}
	} else {
		m.root = filepath.Dir(path)
	}
	m.paths = slices.Collect(maps.Keys(m.broken))
	for _, path := range all {
		if err := ctx.Err(); err != nil {
			return images{}, err
		}
		m.sort(path)
	}
	slices.Sort(m.paths)
	switch {
	case len(m.paths) == 0 && m.results > 0 && !info.IsDir():
		return images{}, fmt.Errorf("-images %s: is a result of segment, not an image", path)
	case len(m.paths) == 0:
		return images{}, fmt.Errorf("-images %s: no image in it; TIFF, PNG, JPEG, GIF, BMP, WebP, PPM, PGM and DICOM "+
			"are read%s", path, m.also())
	}
	return m, nil
}

// readable returns the images that are not known to be broken.
func (m images) readable() []string {
	return slices.DeleteFunc(slices.Clone(m.paths), func(path string) bool { return m.broken[path] != "" })
}

// sort classifies a file.
func (m *images) sort(path string) {
	_, named := stem(path)
	head, err := readHead(filepath.Join(m.root, filepath.FromSlash(path)))
	_, _, result := parseMark(head)
	picture, what := files.Recognize(head)
	switch {
	case result:
		m.results++
	case named || picture:
		m.paths = append(m.paths, path)
	case err != nil:
		m.leftOut = append(m.leftOut, files.Problem{File: path, Text: cause(err)})
	default:
		m.leftOut = append(m.leftOut, files.Problem{File: path, Text: what})
	}
}

// cause returns an error's text without the path, which the message already names.
func cause(err error) string {
	var inFile *fs.PathError
	if errors.As(err, &inFile) {
		return inFile.Err.Error()
	}
	return err.Error()
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
