package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// CheckOut returns an InputError if the file that a flag names cannot be written, before anything else takes time:
// its folder must exist and can be written to, and it must not be a folder itself. "" is no file.
func CheckOut(flag, path string) error {
	if path == "" {
		return nil
	}
	refuse := func(format string, a ...any) error {
		return &InputError{Err: fmt.Errorf("-%s %s: %w", flag, path, fmt.Errorf(format, a...))}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return refuse("is a folder; name a file in it")
	}
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, os.ErrNotExist):
		return refuse("there is no folder %s; make it first, or name another file", dir)
	case err != nil:
		return refuse("%w; name another file", err)
	case !info.IsDir():
		return refuse("%s is not a folder; name another file", dir)
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		if reason := (*os.PathError)(nil); errors.As(err, &reason) {
			err = reason.Err
		}
		return refuse("%s cannot be written into: %w; name another file", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
