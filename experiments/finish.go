package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// finish writes the tables of all runs in the folder, and prints those with rows of ours. A figure that cannot be drawn
// is a warning, one that cannot be written is an error. If nothing has changed, nothing is made again.
func (s *session) finish() error {
	var results []evaluate.Result
	runs, err := os.ReadDir(filepath.Join(s.folder, record.RunsFolder))
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("list the runs: %w", err)
	}
	for _, run := range runs {
		found, err := ReadRecord(filepath.Join(s.folder, record.RunsFolder, run.Name()))
		switch {
		case err == nil:
			results = append(results, found.Result)
		case !os.IsNotExist(err):
			s.warn(err.Error())
		}
	}
	if len(results) == 0 {
		return nil
	}
	observers, err := readObservers(s.folder)
	if err != nil {
		s.warn(err.Error())
	}
	tables, err := evaluate.Tables(append(results, observers...))
	if err != nil {
		return err
	}
	printed := tables
	if len(s.searches) > 0 { // their own tables take the place of a row for each trial
		printed = nil
	}
	if s.published() {
		return errors.Join(s.printSearches(), printTables(s.options.Stdout, printed, s.folder))
	}
	if err := saveTables(s.fs, s.folder, tables); err != nil {
		return err
	}
	var unwritten error
	complete := true
	for _, publish := range []func() error{s.publishExports, s.publishSearches, s.publishFigures, s.publishReport} {
		err := publish()
		if durable.MachineFailed(err) {
			unwritten = errors.Join(unwritten, err)
		} else if err != nil {
			s.warn(err.Error())
		}
		complete = complete && err == nil
	}
	if complete {
		s.keepStamp()
	}
	return errors.Join(s.printSearches(), printTables(s.options.Stdout, printed, s.folder), unwritten)
}
