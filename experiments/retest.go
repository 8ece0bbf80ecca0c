package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// retest is a run that was trained with the present settings but tested with others: its folder is reused for another
// test.
type retest struct {
	job  *job
	from string // its present folder
	diff string // how the settings differ
}

// takeOver renames the folder of a run that was tested with other settings to that of the present run. Results of the
// earlier test are removed first, so that results of different settings never mix; the training stays. It can be
// stopped anywhere: the run is then pending under one name or the other.
func (s *session) takeOver(r retest) error {
	held, err := s.take(r.from)
	if err != nil {
		return fmt.Errorf("%s: %w", r.from, err)
	}
	if err := s.testAnew(r); err != nil {
		return errors.Join(err, held.Release("failed"))
	}
	return held.Moved(r.job.dir)
}

// testAnew is takeOver with the folder claimed.
func (s *session) testAnew(r retest) error {
	found, err := ReadRecord(r.from)
	if err != nil {
		return err
	}
	found.Config, found.Tested, found.TestedEpoch = r.job.run, r.job.tested, 0
	found.Calibration, found.Choice = nil, nil
	if found.ConfigHash, err = r.job.run.Hash(); err != nil {
		return err
	}
	found.Result.Classes = nil
	found.Result.Assessed = r.job.run.Training.Assess
	found.Result.RunID, found.Result.Status = r.job.id, evaluate.Pending
	found.Result.Error, found.Result.Measures = "", evaluate.Measures{}
	if err := found.save(s.fs, r.from); err != nil {
		return err
	}
	if err := s.removeTest(r.from); err != nil {
		return err
	}
	if err := s.fs.Rename(r.from, r.job.dir); err != nil {
		return fmt.Errorf("take over the folder of a trained run: %w", err)
	}
	if err := s.fs.SyncDir(filepath.Dir(r.from)); err != nil {
		return err
	}
	s.log.Info("tested anew",
		zap.String("run", r.job.id), zap.String("before", filepath.Base(r.from)), zap.String("settings", r.diff))
	s.reporter.Note(fmt.Sprintf("%s: trained before, and tested under other settings; it is tested anew, in the "+
		"place of the test before:\n%s",
		r.job.run.Title(), r.diff))
	return nil
}

// removeTest removes what a test wrote into a run's folder, except the record.
func (s *session) removeTest(dir string) error {
	paths := []string{filepath.Join(dir, record.CurvesFile)}
	for _, folder := range []string{record.PredictionsFolder, record.MasksFolder, record.ClassesFolder} {
		pictures, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for the pictures of a test: %w", err)
		}
		for _, p := range pictures {
			paths = append(paths, filepath.Join(dir, folder, p.Name()))
		}
	}
	for _, path := range paths {
		if err := s.fs.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what an earlier test has left: %w", err)
		}
	}
	return nil
}
