package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"r2unet/internal/durable"
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
	if err := durable.Writable(dir); err != nil {
		return refuse("%s cannot be written into: %w; name another file", dir, err)
	}
	return nil
}
