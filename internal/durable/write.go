package durable

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// temporary marks the names of files that are being written: ".run.json.tmp-123".
const temporary = ".tmp-"

// longest is the number of bytes of a file's name that the name of its temporary file repeats: with what is added,
// it is not longer than names may be, 255 bytes, where the file's own is not.
const longest = 200

// temporaryName is the pattern for the temporary file of a file of that name.
func temporaryName(base string) string {
	if len(base) > longest {
		base = strings.ToValidUTF8(base[:longest], "")
	}
	return "." + base + temporary + "*"
}

// WriteFile makes the file at path hold what write writes to an io.Writer that is an io.WriterAt too. Until it returns
// nil, the old content, if any, is untouched; afterwards the new content survives a kill and a power cut.
func WriteFile(fsys FS, path string, write func(io.Writer) error) error {
	return Replace(fsys, path, write, func() error { return nil })
}

// Replace is WriteFile with a step between writing and renaming, for instance to put the old file aside.
// The step runs when the new content is safe on the disk under its temporary name.
func Replace(fsys FS, path string, write func(io.Writer) error, before func() error) (err error) {
	dir, base := filepath.Split(path)
	dir = filepath.Clean(dir)
	f, err := fsys.CreateTemp(dir, temporaryName(base))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, Bare(err))
	}
	defer func() {
		if err != nil {
			_ = fsys.Remove(f.Name()) // best effort: RemoveLeftovers finds what stays
			err = fmt.Errorf("write %s: %w", path, cause(err, f.Name()))
		}
	}()
	if err := fill(f, write); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := before(); err != nil {
		return err
	}
	if err := fsys.Rename(f.Name(), path); err != nil {
		return err
	}
	return fsys.SyncDir(dir)
}

// buffered is a file with a buffer before it.
type buffered struct {
	*bufio.Writer
	file File
}

// WriteAt changes what was written before.
func (b buffered) WriteAt(p []byte, offset int64) (int, error) {
	if err := b.Flush(); err != nil {
		return 0, err
	}
	return b.file.WriteAt(p, offset)
}

// fill writes the content and waits until the disk has it.
func fill(f File, write func(io.Writer) error) error {
	w := buffered{bufio.NewWriterSize(f, 1<<16), f}
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// WriteBytes is WriteFile with the content at hand.
func WriteBytes(fsys FS, path string, content []byte) error {
	return WriteFile(fsys, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// WriteJSON is WriteFile with v as indented JSON and a final newline.
func WriteJSON(fsys FS, path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return WriteBytes(fsys, path, append(content, '\n'))
}

// WriteVolatile makes the file at path hold content, whole or not at all for whoever reads it meanwhile, but without
// waiting for the disk: after a power cut the old content, or none, may be there. It is for files that are soon out of
// date.
func WriteVolatile(fsys FS, path string, content []byte) error {
	dir, base := filepath.Split(path)
	f, err := fsys.CreateTemp(filepath.Clean(dir), temporaryName(base))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, Bare(err))
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsys.Rename(f.Name(), path)
	}
	if err != nil {
		_ = fsys.Remove(f.Name()) // best effort: RemoveLeftovers finds what stays
		return fmt.Errorf("write %s: %w", path, cause(err, f.Name()))
	}
	return nil
}

// cause is an error without the name of a temporary file, which tells nobody anything.
func cause(err error, temporary string) error {
	var inFile *fs.PathError
	var inRename *os.LinkError
	switch {
	case errors.As(err, &inFile) && inFile.Path == temporary:
		return inFile.Err
	case errors.As(err, &inRename) && inRename.Old == temporary:
		return inRename.Err
	}
	return err
}

// Bare returns why an operation on a file failed, without the file's name: for messages that name it already, or where
// it is that of a temporary file, which no user knows.
func Bare(err error) error {
	var inFile *fs.PathError
	if errors.As(err, &inFile) {
		return inFile.Err
	}
	return err
}

// Writable returns why no file can be made in an existing folder; nil if one can. It leaves nothing there.
func Writable(dir string) error {
	f, err := OS.CreateTemp(dir, temporaryName("writable"))
	if err != nil {
		return Bare(err)
	}
	return errors.Join(f.Close(), OS.Remove(f.Name()))
}

// Temporary reports whether a path is that of a file that is being written, or was when its writer was killed.
func Temporary(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, ".") && strings.Contains(name, temporary)
}

// RemoveLeftovers removes the temporary files of killed writers from a folder and the folders below it.
func RemoveLeftovers(fsys FS, dir string) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !Temporary(path) {
			return err
		}
		return fsys.Remove(path)
	})
	if err != nil {
		return fmt.Errorf("remove what a killed program has left: %w", err)
	}
	return nil
}
