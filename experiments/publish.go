package experiments

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/record"
	"r2unet/evaluate/tuning"
	"r2unet/internal/durable"
)

// reportEvery is the interval of reports while a sweep runs; the board has no such delay.
const reportEvery = time.Minute

// publishReport writes report.html from the folder's present contents.
func (s *session) publishReport() error {
	a, err := archive.Open(s.folder)
	if err != nil {
		return err
	}
	defer a.Close()
	return s.publishReportOf(a, nil)
}

// publishReportOf is publishReport of a folder that was read, whose tables may be known.
func (s *session) publishReportOf(a *archive.Sweep, tables []*evaluate.PaperTable) error {
	start := time.Now()
	page, err := s.page.Of(a, tables)
	if err == nil {
		err = durable.WriteBytes(s.fs, filepath.Join(s.folder, record.ReportFile), page)
	}
	s.reported = time.Now()
	s.log.Debug("report", zap.Duration("took", s.reported.Sub(start)))
	return err
}

// refreshReport publishes the report if it is old and this process is the one that does. A failure does not stop the
// sweep.
func (s *session) refreshReport() {
	if s.page == nil || time.Since(s.reported) < reportEvery {
		return
	}
	if err := s.publishReport(); err != nil {
		s.warn(err.Error())
	}
}

// publishExports writes the runs' settings and measures as CSV files for statistics programs.
func (s *session) publishExports(a *archive.Sweep) error {
	folder := filepath.Join(s.folder, record.TablesFolder)
	return errors.Join(
		durable.WriteFile(s.fs, filepath.Join(folder, record.SummaryFile), a.WriteSummary),
		durable.WriteFile(s.fs, filepath.Join(folder, record.PerImageFile), a.WritePerImage))
}

// publishSearches writes a page and a CSV file of each search's trials, and its best point.
func (s *session) publishSearches(*archive.Sweep) error {
	folder := filepath.Join(s.folder, record.TablesFolder)
	var problems error
	for _, search := range s.searches {
		for ending, content := range map[string]string{
			"md": tuning.Markdown(search), "csv": tuning.CSV(search), "toml": tuning.TOML(search),
		} {
			path := filepath.Join(folder, "search-"+search.Label+"."+ending)
			problems = errors.Join(problems, durable.WriteBytes(s.fs, path, []byte(content)))
		}
	}
	return problems
}

// printSearches prints the best trials of each search, and its best point.
func (s *session) printSearches() error {
	for _, search := range s.searches {
		if _, err := io.WriteString(s.options.Stdout, tuning.Terminal(search)); err != nil {
			return err
		}
	}
	return nil
}

// publishFigures draws the counterparts of the paper's figures. One that cannot be drawn does not prevent the others.
func (s *session) publishFigures(a *archive.Sweep) error {
	folder := filepath.Join(s.folder, record.FiguresFolder)
	if err := s.fs.MkdirAll(folder); err != nil {
		return fmt.Errorf("make folder for figures: %w", err)
	}
	figures, problems := figure.All(a)
	for _, f := range figures {
		for ending, draw := range map[string]func() ([]byte, error){"png": f.PNG, "svg": f.SVG, "pdf": f.PDF} {
			content, err := draw()
			if err == nil {
				err = durable.WriteBytes(s.fs, filepath.Join(folder, f.Name+"."+ending), content)
			}
			problems = errors.Join(problems, err)
		}
	}
	return problems
}
