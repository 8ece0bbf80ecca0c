package experiments

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// finish writes the tables of all runs in the folder, and prints those with rows of ours. A figure that cannot be drawn
// is a warning, one that cannot be written is an error. If nothing has changed, nothing is made again.
func (s *session) finish() error {
	a, err := archive.Open(s.folder)
	if err != nil {
		return err
	}
	defer a.Close()
	var results []evaluate.Result
	for _, r := range a.Runs {
		if !r.Unread {
			results = append(results, r.Result)
			continue
		}
		if _, err := os.Lstat(filepath.Join(s.folder, record.RunsFolder, r.ID, record.RunFile)); err == nil {
			s.warn(r.ID + ": " + strings.Join(r.Problems, "; "))
		}
	}
	if len(results) == 0 {
		return nil
	}
	tables, err := evaluate.Tables(append(results, a.Observers...)) // measureObservers warns of a damaged file
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
	for _, publish := range []func(*archive.Sweep) error{
		s.publishExports, s.publishSearches, s.publishFigures,
		func(a *archive.Sweep) error { return s.publishReportOf(a, tables) },
	} {
		err := publish(a)
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
