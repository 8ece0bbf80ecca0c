package experiments

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// finish writes the tables of all runs in the folder, and prints those with rows of ours. A figure that cannot be drawn
// is a warning, one that cannot be written is an error. If nothing has changed, nothing is read or made again, and what
// was printed is printed again.
func (s *session) finish() error {
	width := widthOf(s.options.Stdout)
	if text, ok := s.published(width); ok {
		return errors.Join(s.printSearches(), s.print(text))
	}
	a, err := archive.Open(s.folder)
	if err != nil {
		return err
	}
	defer a.Close()
	var results []evaluate.Result
	complete := true
	for _, r := range a.Runs {
		if !r.Unread {
			results = append(results, r.Result)
			if len(r.Problems) > 0 && r.Result.Status == evaluate.Finished {
				complete = false // as below
				if !s.damaged[r.ID] {
					s.warn(r.ID + ": " + strings.Join(r.Problems, "; "))
				}
			}
			continue
		}
		if _, err := os.Lstat(filepath.Join(s.folder, record.RunsFolder, r.ID, record.RunFile)); err == nil {
			complete = false // it is said each time
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
	var text strings.Builder
	if err := printTables(&text, printed, s.folder, width); err != nil {
		return err
	}
	if err := saveTables(s.fs, s.folder, tables); err != nil {
		return err
	}
	var unwritten error
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
		if err := s.keepStamp(width, text.String()); err != nil {
			s.warn(err.Error() + "; nothing is lost, but the next sweep makes tables and figures again")
		}
	}
	return errors.Join(s.printSearches(), s.print(text.String()), unwritten)
}

// print prints what was rendered.
func (s *session) print(text string) error {
	_, err := io.WriteString(s.options.Stdout, text)
	return err
}
