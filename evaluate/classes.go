package evaluate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"r2unet/evaluate/measures"
)

// ClassMeasures is everything that is measured on a test set for one class against the rest: a pixel is predicted as
// the class whose probability is the largest, the first of equal ones.
type ClassMeasures struct {
	Name     string   `json:"name"`
	Measures Measures `json:"measures"`
}

// UnmarshalJSON reads a class's measures and refuses ones without a name, see ImageScores.
func (m *ClassMeasures) UnmarshalJSON(data []byte) error {
	type plain ClassMeasures
	if err := json.Unmarshal(data, (*plain)(m)); err != nil {
		return fmt.Errorf("read a class's measures: %w", err)
	}
	if m.Name == "" {
		return errors.New("read a class's measures: it has no name")
	}
	return nil
}

// A ClassImage is one test image of several classes. All planes are row-major and have Width·Height elements.
type ClassImage struct {
	ID            string
	Width, Height int       // px
	Probabilities []float32 // [K, H, W], in [0, 1]
	Prediction    []uint8   // a class, 0 … K−1; nil means that of the largest probability
	Truth         []uint8   // a class, 0 … K−1, or Ignored
	FOV           []uint8   // see Image.FOV
}

// Classes returns the predicted class of each pixel.
func (m *ClassImage) Classes() []uint8 {
	if m.Prediction != nil {
		return m.Prediction
	}
	return MostProbable(m.Probabilities, m.Width*m.Height)
}

// MostProbable returns the class of the largest probability of each of so many pixels, the first of equal ones, from
// probabilities [K, pixels].
func MostProbable(probabilities []float32, pixels int) []uint8 {
	best := make([]uint8, pixels)
	most := slices.Clone(probabilities[:pixels])
	for k := 1; k*pixels < len(probabilities); k++ {
		for i, p := range probabilities[k*pixels:][:pixels] {
			if p > most[i] {
				most[i], best[i] = p, uint8(k)
			}
		}
	}
	return best
}

// pixelsInMemory is how many pixels all collectors of a ClassCollector hold unless Options say otherwise.
const pixelsInMemory = 16 << 20

// A ClassCollector measures a test set of several classes image by image, each foreground class against the rest.
// Everything else is as of a Collector.
type ClassCollector struct {
	names  []string
	each   []*Collector // of the foreground classes
	pooled *Collector   // of all their pixels together, for the curves
}

// NewClassCollector returns an empty collector for classes, the background first.
func NewClassCollector(classes []string, options Options) *ClassCollector {
	options.MemoryPixels = max(1, cmp.Or(options.MemoryPixels, pixelsInMemory)/len(classes))
	c := &ClassCollector{names: classes[1:], pooled: NewCollector(options)}
	for range c.names {
		c.each = append(c.each, NewCollector(options))
	}
	return c
}

// Add adds one image. An error names the image.
func (c *ClassCollector) Add(image ClassImage) error {
	pixels := image.Width * image.Height
	if len(image.Probabilities) != pixels*(len(c.names)+1) || len(image.Truth) != pixels {
		return fmt.Errorf("image %s: %d probabilities and %d labels for %d×%d pixels of %d classes",
			image.ID, len(image.Probabilities), len(image.Truth), image.Width, image.Height, len(c.names)+1)
	}
	if image.Prediction != nil && len(image.Prediction) != pixels {
		return fmt.Errorf("image %s: prediction has %d pixels, the image %d×%d",
			image.ID, len(image.Prediction), image.Width, image.Height)
	}
	for i, t := range image.Truth {
		if int(t) > len(c.names) && t != Ignored {
			return fmt.Errorf("image %s: pixel x=%d y=%d: class %d, want 0 to %d",
				image.ID, i%image.Width, i/image.Width, t, len(c.names))
		}
	}
	predicted := image.Classes()
	for k, collector := range c.each {
		one := Image{
			ID: image.ID, Width: image.Width, Height: image.Height, FOV: image.FOV,
			Probabilities: image.Probabilities[(k+1)*pixels:][:pixels],
			Prediction:    make([]uint8, pixels), Truth: make([]uint8, pixels),
		}
		for i, t := range image.Truth {
			switch {
			case t == Ignored:
				one.Truth[i] = Ignored
			case int(t) == k+1:
				one.Truth[i] = 1
			}
			if int(predicted[i]) == k+1 {
				one.Prediction[i] = 1
			}
		}
		if err := collector.Add(one); err != nil {
			return err
		}
		one.ID = fmt.Sprintf("%s of %s", c.names[k], one.ID)
		if err := c.pooled.Add(one); err != nil {
			return err
		}
	}
	return nil
}

// Measures returns the measures of each foreground class, and their mean: of every measure over the classes that
// define it, of the test set as of each image. Counts are summed over the classes.
func (c *ClassCollector) Measures() (mean Measures, classes []ClassMeasures, err error) {
	for k, collector := range c.each {
		m, err := collector.Measures()
		if err != nil {
			return Measures{}, nil, fmt.Errorf("%s: %w", c.names[k], err)
		}
		classes = append(classes, ClassMeasures{c.names[k], m})
	}
	return meanOfClasses(classes), classes, nil
}

// Curves returns the curves over the pixels of all foreground classes together, each against the rest.
func (c *ClassCollector) Curves() (Curves, error) { return c.pooled.Curves() }

// Close removes temporary files. The collector must not be used after it.
func (c *ClassCollector) Close() error {
	errs := []error{c.pooled.Close()}
	for _, collector := range c.each {
		errs = append(errs, collector.Close())
	}
	return errors.Join(errs...)
}

// meanOfClasses returns the mean over classes.
func meanOfClasses(classes []ClassMeasures) Measures {
	scope := func(of func(*Measures) *Scope) Scope {
		all := make([]*Scope, len(classes))
		for i := range classes {
			all[i] = of(&classes[i].Measures)
		}
		var out Scope
		for i := range all[0].Images {
			var scores []*measures.Scores
			for _, s := range all {
				scores = append(scores, &s.Images[i].Scores)
			}
			mean := meanOfScores(scores)
			mean.Counts = measures.Counts{} // those of several classes are no matrix of the image
			out.Images = append(out.Images, ImageScores{ID: all[0].Images[i].ID, Scores: mean})
		}
		var micro []*measures.Scores
		for _, s := range all {
			micro = append(micro, &s.Micro)
		}
		out.Micro = meanOfScores(micro)
		out.PerImage, out.Undefined = meanOf(out.Images)
		return out
	}
	return Measures{
		Inside: scope(func(m *Measures) *Scope { return &m.Inside }),
		All:    scope(func(m *Measures) *Scope { return &m.All }),
	}
}

// meanOfScores averages each measure over the scores that define it, and adds up the counts.
func meanOfScores(all []*measures.Scores) (mean measures.Scores) {
	for _, m := range measures.All() {
		sum, n := 0.0, 0
		for _, s := range all {
			if v := s.Of(m); !math.IsNaN(v) {
				sum += v
				n++
			}
		}
		mean.Set(m, sum/float64(n))
	}
	for _, s := range all {
		mean.Counts = mean.Plus(s.Counts)
	}
	return mean
}

// EachClass returns the results with a result more for each class of those that have several: first the mean of the
// classes, then each class, named by its dataset's label. Results of one class are as they were.
func EachClass(results []Result) []Result {
	if !slices.ContainsFunc(results, func(r Result) bool { return len(r.Classes) > 0 }) {
		return results
	}
	var all []Result
	for _, r := range results {
		classes := r.Classes
		r.Classes = nil
		if len(classes) > 0 {
			r.class, r.each = fmt.Sprintf("mean of %d classes", len(classes)), classes
		}
		all = append(all, r)
		r.each = nil
		for i, c := range classes {
			one := r
			one.class, one.place, one.Measures = c.Name, i+1, c.Measures
			all = append(all, one)
		}
	}
	return all
}

// Class returns the class whose measures a result of EachClass has, or, for the mean, "mean of 2 classes"; "" if there
// is only one.
func (r *Result) Class() string { return r.class }
