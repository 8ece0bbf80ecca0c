package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkLinks rejects a results folder with a symbolic link that leads out of it or is broken: a folder from a stranger
// must not make a sweep write elsewhere. The folder itself may be a link, and need not exist yet.
func checkLinks(folder string) error {
	root, err := filepath.EvalSymlinks(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the results folder: %w", err)
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("look at the results folder: %w", err)
		}
		if entry.Type()&fs.ModeSymlink == 0 {
			return nil
		}
		target, err := filepath.EvalSymlinks(path)
		if err == nil && strings.HasPrefix(target, root+string(os.PathSeparator)) {
			return nil
		}
		to, _ := os.Readlink(path)
		return fmt.Errorf("%s is a symbolic link to %s, out of the results folder: a sweep writes nowhere else; "+
			"put a folder or a file in its place, or add -fresh",
			path, to)
	})
}
