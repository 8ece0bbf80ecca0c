package experiments

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/report"
	"r2unet/internal/durable"
)

// What a sweep's folder holds for people to look at.
const (
	reportFile    = "report.html"
	figuresFolder = "figures"
)

// reportEvery is the time between two reports while a sweep runs; the board shows it without delay.
const reportEvery = 30 * time.Second

// publishReport makes report.html from what the folder holds at present.
func (s *sweep) publishReport() error {
	s.reported = time.Now()
	a, err := archive.Open(s.folder)
	if err != nil {
		return err
	}
	page, err := report.Page(a.Name, report.NewBuilder().Sections(a), "")
	if err == nil {
		err = durable.WriteBytes(s.fs, filepath.Join(s.folder, reportFile), page)
	}
	return errors.Join(err, a.Close())
}

// publishFigures draws the counterparts of the paper's figures. What cannot be drawn does not keep the others from it.
func (s *sweep) publishFigures() error {
	a, err := archive.Open(s.folder)
	if err != nil {
		return err
	}
	defer a.Close()
	folder := filepath.Join(s.folder, figuresFolder)
	if err := s.fs.MkdirAll(folder); err != nil {
		return fmt.Errorf("make folder for figures: %w", err)
	}
	figures, problems := figure.All(a)
	for _, f := range figures {
		for ending, draw := range map[string]func() ([]byte, error){"png": f.PNG, "svg": f.SVG} {
			content, err := draw()
			if err == nil {
				err = durable.WriteBytes(s.fs, filepath.Join(folder, f.Name+"."+ending), content)
			}
			problems = errors.Join(problems, err)
		}
	}
	return problems
}
