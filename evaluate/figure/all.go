package figure

import (
	"errors"

	"r2unet/evaluate/archive"
)

// All draws every figure that the runs of a sweep have data for. The error joins figures that could not be
// drawn and damaged pictures; the other figures are still returned.
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
			number = 0 // that figure is about all three retina sets
		}
		keep(curveFigure(rocKind, p.key, p.dataset, number, p.series))
		keep(curveFigure(precisionRecallKind, p.key, p.dataset, 0, p.series))
		keep(curveFigure(reliabilityKind, p.key, p.dataset, 0, p.series))
		keep(exampleFigure(s, p))
	}
	if retina, label := retinaSeries(all); len(retina) > 0 {
		keep(curveFigure(rocKind, "retina", label+" on the retina sets", 15, retina))
	}
	for _, search := range s.Searches {
		keep(Search(search))
	}
	return figures, errors.Join(problems...)
}
