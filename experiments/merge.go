package experiments

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/internal/durable"
)

// bringRun puts a finished run of another results folder into this one. The record comes last, so that a run that was
// brought by halves is not finished. It returns whether another result of the same run is there already and stays.
func (s *session) bringRun(from, id string) (differs bool, err error) {
	to := filepath.Join(s.folder, record.RunsFolder, id)
	theirs, err := os.ReadFile(filepath.Join(from, record.RunFile))
	if err != nil {
		return false, fmt.Errorf("bring a run: %w", err)
	}
	if readBrief(to).finished() {
		ours, err := os.ReadFile(filepath.Join(to, record.RunFile))
		if err == nil && !bytes.Equal(ours, theirs) {
			return true, nil
		}
	}
	err = s.bringFolder(from, to, func(name string) bool {
		return name != record.RunFile && name != record.ProgressFile && name != record.RunLogFile && !claim.Is(name)
	})
	if err == nil {
		err = s.bringFile(filepath.Join(from, record.RunFile), filepath.Join(to, record.RunFile))
	}
	return false, err
}

// bringFolder brings the chosen files of a folder and of the folders in it.
func (s *session) bringFolder(from, to string, chosen func(name string) bool) error {
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, below)
		switch {
		case entry.IsDir():
			return s.fs.MkdirAll(target)
		case !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") || !chosen(below):
			return nil
		}
		return s.bringFile(path, target)
	})
	if err != nil {
		return fmt.Errorf("bring %s: %w", from, err)
	}
	return nil
}

// bringFile links a file, which nobody changes in place, or copies it where that cannot be.
func (s *session) bringFile(from, to string) error {
	source, err := os.Stat(from)
	if err != nil {
		return err
	}
	if there, err := os.Stat(to); err == nil && (os.SameFile(source, there) ||
		there.Size() == source.Size() && there.ModTime().Equal(source.ModTime())) {
		return nil
	}
	half := filepath.Join(filepath.Dir(to), fmt.Sprintf(".%s.tmp-%d", filepath.Base(to), os.Getpid()))
	_ = os.Remove(half)
	if err := os.Link(from, half); err == nil {
		if err := s.fs.Rename(half, to); err != nil {
			return errors.Join(err, os.Remove(half))
		}
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	err = durable.WriteFile(s.fs, to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
	if err != nil {
		return err
	}
	return os.Chtimes(to, source.ModTime(), source.ModTime()) // by which it is known the next time
}
