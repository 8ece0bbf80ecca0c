package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// stampFile records what tables, figures and report were made from. It is in the cache: if it is deleted or cannot be
// written, they are made again.
func (s *session) stampFile() string {
	return filepath.Join(s.options.Out, "cache", "published", filepath.Base(s.folder))
}

// published reports whether tables, figures and report exist, made by this program from the present runs, and returns
// what was printed then. Terminals of other widths need other tables.
func (s *session) published(width int) (printed string, ok bool) {
	stamp, err := s.stamp()
	if err != nil {
		return "", false
	}
	kept, err := os.ReadFile(s.stampFile())
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(kept), stampLine(stamp, width))
}

// stampLine begins a stamp file.
func stampLine(stamp string, width int) string { return fmt.Sprintf("%s %d\n", stamp, width) }

// keepStamp records that everything is published, and what was printed. Without it, everything is made again.
func (s *session) keepStamp(width int, printed string) error {
	stamp, err := s.stamp()
	if err != nil {
		return err
	}
	if err := s.fs.MkdirAll(filepath.Dir(s.stampFile())); err != nil {
		return fmt.Errorf("make the folder of %s: %w", s.stampFile(), err)
	}
	return durable.WriteBytes(s.fs, s.stampFile(), []byte(stampLine(stamp, width)+printed))
}

// stamp returns a hash of names, sizes and times of all inputs and outputs of publishing, and of the program's file. It
// takes milliseconds for five hundred runs, while making their figures takes seconds.
func (s *session) stamp() (string, error) {
	hash := sha256.New()
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	if err := addStamp(hash, program); err != nil {
		return "", err
	}
	runs, err := os.ReadDir(filepath.Join(s.folder, record.RunsFolder))
	if err != nil {
		return "", err
	}
	for _, run := range runs {
		for _, name := range record.RunFiles() {
			path := filepath.Join(s.folder, record.RunsFolder, run.Name(), name)
			if err := addStamp(hash, path); err != nil && !os.IsNotExist(err) {
				return "", err
			}
		}
	}
	for _, name := range []string{record.SearchFile, record.ObserversFile} {
		if err := addStamp(hash, filepath.Join(s.folder, name)); err != nil && !os.IsNotExist(err) {
			return "", err
		}
	}
	for _, made := range []string{record.TablesFolder, record.FiguresFolder, record.ReportFile} {
		err := filepath.WalkDir(filepath.Join(s.folder, made), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			return addStamp(hash, path)
		})
		if err != nil {
			return "", err // missing: not published
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// addStamp adds a file's name, size and time of change to a stamp.
func addStamp(w io.Writer, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	name := filepath.Base(filepath.Dir(path)) + "/" + info.Name()
	_, err = fmt.Fprintf(w, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	return err
}
