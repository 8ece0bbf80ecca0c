package figure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"r2unet/evaluate/archive"
)

// All draws every figure that the runs of a sweep have data for. What could not
// be drawn, and pictures that were damaged, come back as an error beside the rest.
func All(s *archive.Sweep) ([]*Figure, error) {
	var figures []*Figure
	var problems []error
	keep := func(f *Figure, err error) {
		if err != nil {
			problems = append(problems, err)
		}
		if f != nil {
			figures = append(figures, f)
		}
	}
	all := panels(s)
	for _, p := range all {
		accuracy, err := accuracyFigures(p)
		if err != nil {
			problems = append(problems, err)
		}
		figures = append(figures, accuracy...)
		number := p.number.roc
		if number == 15 {
			number = 0 // that one is about all three retina sets
		}
		keep(curveFigure(rocKind, p.key, p.dataset, number, p.series))
		keep(curveFigure(precisionRecallKind, p.key, p.dataset, 0, p.series))
		keep(exampleFigure(s, p))
	}
	if retina := retinaSeries(all); len(retina) > 0 {
		keep(curveFigure(rocKind, "retina", retina[0].runs[0].Result.Label()+" on the retina sets", 15, retina))
	}
	return figures, errors.Join(problems...)
}

// WriteAll draws the figures of a results folder into its folder figures, each
// as PNG and SVG, and returns their names. Like All it returns what it could
// draw together with what it could not.
func WriteAll(folder string) (names []string, err error) {
	s, err := archive.Open(folder)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	into := filepath.Join(folder, "figures")
	if err := os.MkdirAll(into, 0o755); err != nil {
		return nil, fmt.Errorf("write figures: %w", err)
	}
	figures, problems := All(s)
	for _, f := range figures {
		for ending, encode := range map[string]func() ([]byte, error){"png": f.PNG, "svg": f.SVG} {
			data, err := encode()
			if err != nil {
				return names, err
			}
			if err := renameio.WriteFile(filepath.Join(into, f.Name+"."+ending), data, 0o644); err != nil {
				return names, fmt.Errorf("write figure %s: %w", f.Name, err)
			}
		}
		names = append(names, f.Name)
	}
	return names, problems
}
