package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"r2unet/experiments/marks"
	"r2unet/internal/durable"
)

// checkResults returns an error if a result would replace a file that segment has not written, or another result. It
// writes nothing.
func (s *segmenter) checkResults() error {
	if info, err := os.Stat(s.Out); err == nil && !info.IsDir() {
		return fmt.Errorf("-out %s: is a file, not a folder", s.Out)
	}
	owners := map[string]string{}
	for _, path := range s.paths {
		name, ok := s.names[path]
		if !ok {
			continue
		}
		place := realPath(filepath.Join(s.Out, name))
		if s.fold {
			place = strings.ToLower(place)
		}
		if other, taken := owners[place]; taken {
			return fmt.Errorf("-out %s: the results of %s and %s would be the same files; choose another folder, or "+
				"segment one after the other", s.Out, other, path)
		}
		owners[place] = path
		for _, o := range s.outputs {
			if _, err := s.existing(name + o.ending); err != nil {
				return fmt.Errorf("-out %s: the result of %s would replace %w", s.Out, path, err)
			}
		}
	}
	return s.checkAreas()
}

// existing returns the mark of an existing result, nil if there is none. A file that segment has not written is an
// error.
func (s *segmenter) existing(name string) (*mark, error) {
	path := filepath.Join(s.Out, name)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, nil // it does not exist; if it cannot be created either, see fits, only its image fails
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s, which is a folder; choose another folder for results", path)
	}
	m, ok, err := marks.Read(path)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s, which segment has not written; move it away, or choose another folder", path)
	}
	return &m, nil
}

// openResults creates the results folder, checks that it is writable, and removes what a killed segment left there.
func (s *segmenter) openResults() error {
	err := s.fs.MkdirAll(s.Out)
	if err == nil {
		probe := filepath.Join(s.Out, "probe"+probabilityEnding)
		var f durable.File
		if f, err = s.fs.CreateTemp(s.Out, temporaryPattern(probe)); err == nil {
			err = errors.Join(f.Close(), s.fs.Remove(f.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("-out %s: cannot be written: %w", s.Out, durable.Bare(err))
	}
	if err := s.removeLeftovers(); err != nil {
		return fmt.Errorf("-out %s: remove what a killed segment has left: %w", s.Out, err)
	}
	return nil
}

// diskFailed reports whether an error was caused by the disk, so that the next image would fail too.
func diskFailed(err error) bool {
	return durable.MachineFailed(err) || errors.Is(err, syscall.EROFS)
}

// done reports whether all results exist, intact and as they would be made now; if not, why is the reason for making
// them again, "" if there were none. Results that were changed since are an error.
func (s *segmenter) done(name string, now mark) (done bool, why string, found mark, err error) {
	complete := true
	for _, o := range s.outputs {
		now.Kind = o.kind
		m, err := s.existing(name + o.ending)
		if err != nil {
			return false, "", mark{}, fmt.Errorf("the result would replace %w", err)
		}
		if m == nil {
			complete = false
			continue
		}
		path := filepath.Join(s.Out, name+o.ending)
		same, err := unchanged(path)
		if err != nil {
			return false, "", mark{}, err
		}
		if !same {
			return false, "", mark{}, fmt.Errorf("%s was changed since segment has written it; move it away to have "+
				"it made again", path)
		}
		if changed := difference(*m, now); changed != "" {
			complete, why = false, changed
		} else if s.Areas && m.Inside == 0 {
			complete, why = false, "its areas were not asked for"
		}
		found = *m
	}
	if complete && s.Again {
		return false, "-again", found, nil
	}
	return complete, why, found, nil
}

// fits returns an error if the file system does not accept the names of a result and its temporary file. It is called
// before the network computes.
func (s *segmenter) fits(name string) error {
	path := filepath.Join(s.Out, name+probabilityEnding) // as long as any
	_, err := os.Lstat(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp-0000000000"))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("the result %s cannot be written: %w", path, durable.Bare(err))
}

// write writes the result files of a picture.
func (s *segmenter) write(name string, drawn [][]byte) error {
	base := filepath.Join(s.Out, name)
	if err := s.fs.MkdirAll(filepath.Dir(base)); err != nil {
		return fmt.Errorf("make the results folder: %w", err)
	}
	for i, content := range drawn {
		ending := s.outputs[i].ending
		if _, err := s.existing(name + ending); err != nil { // it may have been created meanwhile
			return fmt.Errorf("the result would replace %w", err)
		}
		if err := durable.WriteBytes(s.fs, base+ending, content); err != nil {
			return err
		}
	}
	return nil
}
