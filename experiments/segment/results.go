package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"r2unet/experiments/assess"
	"r2unet/internal/durable"
)

var (
	endings = []string{probabilityEnding, maskEnding}
	kinds   = []string{"probability", "mask"}
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
		for _, ending := range endings {
			if _, err := s.existing(name + ending); err != nil {
				return fmt.Errorf("-out %s: the result of %s would replace %w", s.Out, path, err)
			}
		}
	}
	return nil
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
	m, ok, err := readMark(path)
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
		return fmt.Errorf("-out %s: cannot be written: %w", s.Out, bare(err))
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

// bare returns an error without the name of a temporary file, which no user knows.
func bare(err error) error {
	var inFile *fs.PathError
	if errors.As(err, &inFile) {
		return inFile.Err
	}
	return err
}

// done reports whether both results exist, intact and as they would be made now; if not, why is the reason for making
// them again, "" if there were none. Results that were changed since are an error.
func (s *segmenter) done(name string, now mark) (done bool, why string, found mark, err error) {
	complete := true
	for i, ending := range endings {
		now.Kind = kinds[i]
		m, err := s.existing(name + ending)
		if err != nil {
			return false, "", mark{}, fmt.Errorf("the result would replace %w", err)
		}
		if m == nil {
			complete = false
			continue
		}
		path := filepath.Join(s.Out, name+ending)
		same, err := unchanged(path)
		if err != nil {
			return false, "", mark{}, err
		}
		if !same {
			return false, "", mark{}, fmt.Errorf("%s was changed since segment has written it; move it away to have "+
				"it made again", path)
		}
		if difference := m.difference(now); difference != "" {
			complete, why = false, difference
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
	path := filepath.Join(s.Out, name+probabilityEnding)
	_, err := os.Lstat(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp-0000000000"))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("the result %s cannot be written: %s", path, cause(err))
}

// draw returns the marked files of a picture's results in the order of endings.
func (r prediction) draw(made mark) ([][]byte, error) {
	probabilityPNG, err1 := assess.ProbabilityPNG(
		assess.Foreground(r.probabilities, r.width*r.height), r.width, r.height)
	maskPNG, err2 := assess.MaskPNG(r.mask, r.width, r.height)
	if r.classes != nil {
		maskPNG, err2 = assess.ClassPNG(r.mask, r.width, r.height, r.classes)
	}
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("draw the result: %w", err)
	}
	drawn := [][]byte{probabilityPNG, maskPNG}
	for i := range drawn {
		made.Kind = kinds[i]
		var err error
		if drawn[i], err = sign(drawn[i], made); err != nil {
			return nil, err
		}
	}
	return drawn, nil
}

// write writes the result files of a picture.
func (s *segmenter) write(name string, drawn [][]byte) error {
	base := filepath.Join(s.Out, name)
	if err := s.fs.MkdirAll(filepath.Dir(base)); err != nil {
		return fmt.Errorf("make the results folder: %w", err)
	}
	for i, content := range drawn {
		if _, err := s.existing(name + endings[i]); err != nil { // it may have been created meanwhile
			return fmt.Errorf("the result would replace %w", err)
		}
		if err := durable.WriteBytes(s.fs, base+endings[i], content); err != nil {
			return err
		}
	}
	return nil
}
