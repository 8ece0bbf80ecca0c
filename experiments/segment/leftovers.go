package segment

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// temporaryPattern is the name pattern of a result's temporary file, see package durable.
func temporaryPattern(path string) string { return "." + filepath.Base(path) + ".tmp-*" }

// leftover matches a temporary file of a result; the first group is the result's name without the page.
var leftover = func() *regexp.Regexp {
	var endings []string
	for _, o := range allOutputs {
		endings = append(endings, regexp.QuoteMeta(o.ending))
	}
	return regexp.MustCompile(`^\.(.+?)(_page\d+)?(` + strings.Join(endings, "|") + `)\.tmp-\d+$`)
}()

// removeLeftovers removes temporary files that belong to the results of these images. It leaves others alone: another
// process may be segmenting other images into the same folder.
func (s *segmenter) removeLeftovers() error {
	own := map[string]bool{"probe": true}
	folders := map[string]bool{s.Out: true}
	for _, name := range s.names {
		own[filepath.Base(name)] = true
		folders[filepath.Dir(filepath.Join(s.Out, name))] = true
	}
	for folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // it is not there yet
		}
		for _, e := range entries {
			parts := leftover.FindStringSubmatch(e.Name())
			if parts == nil || !own[parts[1]] && !own[parts[1]+parts[2]] {
				continue
			}
			if err := s.fs.Remove(filepath.Join(folder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
