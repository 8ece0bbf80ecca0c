package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkLinks refuses a results folder with a symbolic link that leads out of it, or to nothing: a folder that comes from a stranger must not
// have a sweep write pictures, tables or its log anywhere else. The folder itself may be a link, and need not be there yet.
func checkLinks(folder string) error {
	real, err := filepath.EvalSymlinks(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the results folder: %w", err)
	}
	return filepath.WalkDir(real, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("look at the results folder: %w", err)
		}
		if entry.Type()&fs.ModeSymlink == 0 {
			return nil
		}
		target, err := filepath.EvalSymlinks(path)
		if err == nil && strings.HasPrefix(target, real+string(os.PathSeparator)) {
			return nil
		}
		to, _ := os.Readlink(path)
		return fmt.Errorf("%s is a symbolic link to %s, out of the results folder: a sweep writes nowhere else; put a folder or a file in its place, or add -fresh", path, to)
	})
}
