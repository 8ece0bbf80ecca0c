// Package score measures predictions that lie in folders, whoever made them, as a sweep measures its own.
package score

import (
	"context"
	"fmt"
	"slices"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/datasets/raster"
	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
)

// Options says what is measured.
type Options struct {
	Truth       string   // folder of labels
	Predictions []string // one folder of masks, probabilities or classes, or two to compare
	FOV         string   // folder of field-of-view masks; "" = all pixels are inside
	// Threshold is in (0, 1]: foreground from this probability on; 0 = that which segment wrote into all pictures of a
	// folder, or evaluate.DefaultThreshold.
	Threshold float64
	Linear    bool   // levels of 16 bits are shares of 65535, not those of record.ProbabilityLevel
	Ignore    string // value of pixels in labels that do not count, e.g. "255" or "#ffffff"; "" = none
}

// A Report is what was measured.
type Report struct {
	Options
	Images      int
	Classes     []string // values of the labels, the background first, if there are more than two
	Scored      []Scored // of each folder of predictions
	Differences []evaluate.Difference
}

// Scored holds the measures of one folder of predictions.
type Scored struct {
	Folder    string
	Masks     bool   // not probabilities
	Mixed     string // says which predictions look like masks among probabilities; "" = none
	Threshold Threshold
	Measures  evaluate.Measures
	Classes   []evaluate.ClassMeasures // if there are several: each against the rest; Measures is their mean
	Interval  statistics.Interval      // of F1, see evaluate.F1Interval
}

// Run measures every image that the options name. An error names what has to be changed; all files are looked at before
// any is measured.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ignored, err := o.ignored()
	if err != nil {
		return nil, err
	}
	truth, err := listFolder(ctx, "truth", o.Truth)
	if err != nil {
		return nil, err
	}
	read, err := surveyLabels(ctx, truth, ignored)
	if err != nil {
		return nil, err
	}
	items, err := o.items(ctx, truth, read.several)
	if err != nil {
		return nil, err
	}
	report := &Report{Options: o, Images: len(items)}
	if read.several {
		report.Classes = read.names()
	}
	for k := range o.Predictions {
		s, err := measure(ctx, o, items, k, &read)
		if err != nil {
			return nil, err
		}
		report.Scored = append(report.Scored, s)
	}
	if len(report.Scored) == 2 {
		a, b := report.Scored[0].result(), report.Scored[1].result()
		report.Differences, _ = evaluate.Differences(a, b, measures.All()...)
	}
	return report, nil
}

func (o *Options) check() error {
	switch {
	case o.Truth == "":
		return fmt.Errorf("-truth is missing: the folder of labels")
	case len(o.Predictions) == 0:
		return fmt.Errorf("-predictions is missing: a folder of masks or probabilities, or two with a comma between")
	case len(o.Predictions) > 2 || slices.Contains(o.Predictions, ""):
		return fmt.Errorf("-predictions: expected one folder, or two with a comma between")
	}
	if o.Threshold != 0 && !(o.Threshold > 0 && o.Threshold <= 1) {
		return fmt.Errorf("-threshold %g: must be above 0 and at most 1", o.Threshold)
	}
	return nil
}

// ignored returns the value of labels that does not count, nil if there is none.
func (o *Options) ignored() (*raster.Level, error) {
	if o.Ignore == "" {
		return nil, nil
	}
	level, err := datasets.Level(o.Ignore).Raster()
	if err != nil {
		return nil, fmt.Errorf("-ignore: %w", err)
	}
	return &level, nil
}

// items pairs the files of all folders.
func (o *Options) items(ctx context.Context, truth folder, several bool) ([]item, error) {
	var predictions []folder
	for _, dir := range o.Predictions {
		f, err := listFolder(ctx, "predictions", dir)
		if err != nil {
			return nil, err
		}
		f.withoutDoubles(several)
		predictions = append(predictions, f)
	}
	var fov *folder
	if o.FOV != "" {
		f, err := listFolder(ctx, "fov", o.FOV)
		if err != nil {
			return nil, err
		}
		fov = &f
	}
	return pair(truth, predictions, fov)
}

// collector returns the options of a collector: every measure there is.
func collector(threshold float64) evaluate.Options {
	c := evaluate.Options{Threshold: threshold}
	for _, m := range measures.All() {
		if m.OnRequest {
			c.Extra = append(c.Extra, m)
		}
	}
	return c
}

// measure measures the predictions of one folder.
func measure(ctx context.Context, o Options, items []item, k int, read *labels) (s Scored, err error) {
	s.Folder = o.Predictions[k]
	if read.several {
		s.Masks = true
		return s, s.measureClasses(ctx, items, k, read)
	}
	how, err := surveyPredictions(ctx, items, k, o.Linear)
	if err != nil {
		return s, err
	}
	s.Masks, s.Mixed = how.masks, how.mixed
	if s.Threshold, err = o.threshold(items, k); err != nil {
		return s, err
	}
	collector := evaluate.NewCollector(collector(s.Threshold.Value))
	defer func() { _ = collector.Close() }()
	for _, it := range items {
		p, err := load(ctx, it, k, read)
		if err != nil {
			return s, err
		}
		image := evaluate.Image{
			ID: it.id, Width: p.prediction.Width, Height: p.prediction.Height,
			Probabilities: how.probabilities(p.prediction), Truth: p.truth, FOV: p.fov,
		}
		if err := collector.Add(image); err != nil {
			return s, fmt.Errorf("%s: %w", it.predictions[k], err)
		}
	}
	if s.Measures, err = collector.Measures(); err != nil {
		return s, err
	}
	s.Interval = evaluate.F1Interval(&evaluate.Result{Measures: s.Measures})
	return s, nil
}

// measureClasses measures pictures of classes.
func (s *Scored) measureClasses(ctx context.Context, items []item, k int, read *labels) (err error) {
	collector := evaluate.NewClassCollector(read.names(), collector(evaluate.DefaultThreshold))
	defer func() { _ = collector.Close() }()
	predictions := labels{levels: read.levels, several: true}
	for _, it := range items {
		p, err := load(ctx, it, k, read)
		if err != nil {
			return err
		}
		classes, err := predictions.read(p.prediction)
		if err != nil {
			return fmt.Errorf("%s: %w", it.predictions[k], err)
		}
		image := evaluate.ClassImage{
			ID: it.id, Width: p.prediction.Width, Height: p.prediction.Height,
			Probabilities: oneHot(classes, len(read.levels)), Truth: p.truth, FOV: p.fov,
		}
		if err := collector.Add(image); err != nil {
			return fmt.Errorf("%s: %w", it.predictions[k], err)
		}
	}
	if s.Measures, s.Classes, err = collector.Measures(); err != nil {
		return err
	}
	s.Interval = evaluate.F1Interval(&evaluate.Result{Measures: s.Measures, Classes: s.Classes})
	return nil
}

// loaded is what an image is measured from.
type loaded struct {
	prediction *raster.Image
	truth, fov []uint8 // fov is nil if all pixels are inside
}

// load reads the files of an image, which must have one size.
func load(ctx context.Context, it item, k int, read *labels) (p loaded, err error) {
	truth, err := files.Picture(ctx, it.truth)
	if err != nil {
		return p, err
	}
	if p.truth, err = read.read(truth); err != nil {
		return p, fmt.Errorf("%s: %w", it.truth, err)
	}
	same := func(path string) (*raster.Image, error) {
		m, err := files.Picture(ctx, path)
		if err == nil && (m.Width != truth.Width || m.Height != truth.Height) {
			err = fmt.Errorf("%s has %d×%d pixels, but %s has %d×%d: nothing is resized",
				path, m.Width, m.Height, it.truth, truth.Width, truth.Height)
		}
		return m, err
	}
	if p.prediction, err = same(it.predictions[k]); err != nil || it.fov == "" {
		return p, err
	}
	fov, err := same(it.fov)
	if err != nil {
		return p, err
	}
	if p.fov, err = fov.Binary(); err != nil {
		return p, fmt.Errorf("%s: %w", it.fov, err)
	}
	return p, nil
}

// result wraps the measures as those of a run, for evaluate.Differences.
func (s *Scored) result() []evaluate.Result {
	return []evaluate.Result{{Status: evaluate.Finished, Dataset: "truth", Measures: s.Measures, Classes: s.Classes}}
}

// each returns the measures of the mean of all classes and of each, or, without classes, of the foreground.
func (s *Scored) each() []evaluate.ClassMeasures {
	first := evaluate.ClassMeasures{Measures: s.Measures}
	if len(s.Classes) > 0 {
		first.Name = "mean"
	}
	return slices.Concat([]evaluate.ClassMeasures{first}, s.Classes)
}
