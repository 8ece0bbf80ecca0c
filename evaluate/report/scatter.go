package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"slices"

	"r2unet/evaluate"
)

// scatter is the input of page/scatter.js: each image as a point, one sweep to the right, the other upwards.
type scatter struct {
	Title  string        `json:"title"`
	X      string        `json:"x"`
	Y      string        `json:"y"`
	Images []string      `json:"images"`
	Series []scatterDots `json:"series"`
}

// scatterDots holds the images of a network.
type scatterDots struct {
	Name string       `json:"name"`
	Note string       `json:"note"`
	Dots [][3]float64 `json:"dots"` // x, y and the place among the images
}

// JSON returns the chart as page/scatter.js reads it.
func (s scatter) JSON() (template.JS, error) {
	data, err := json.Marshal(s)
	return template.JS(data), err //nolint:gosec // json escapes <, > and &
}

// datasetScatters holds the charts of one dataset.
type datasetScatters struct {
	Dataset string
	Charts  []scatter
}

// scatters makes charts of F1 and AUC image by image, one for each dataset and pair of sweeps.
func scatters(differences []evaluate.Difference) []datasetScatters {
	var all []datasetScatters
	for _, d := range differences {
		if d.Images == 0 || !leads(d.Measure) {
			continue
		}
		at := slices.IndexFunc(all, func(s datasetScatters) bool { return s.Dataset == d.Dataset })
		if at < 0 {
			at = len(all)
			all = append(all, datasetScatters{Dataset: d.Dataset})
		}
		from, to := evaluate.SweepLetter(d.From), evaluate.SweepLetter(d.To)
		title := fmt.Sprintf("%s of each image, %s against %s", d.Measure.Name, to, from)
		charts := &all[at].Charts
		c := slices.IndexFunc(*charts, func(s scatter) bool { return s.Title == title })
		if c < 0 {
			c = len(*charts)
			*charts = append(*charts, scatter{Title: title, X: from, Y: to})
		}
		(*charts)[c].add(d)
	}
	return all
}

// add adds a network's images.
func (s *scatter) add(d evaluate.Difference) {
	dots := scatterDots{Name: d.Network, Note: fmt.Sprintf("%s − %s: %+.4f", s.Y, s.X, d.Mean)}
	if evaluate.Defined(d.Low) {
		dots.Note += fmt.Sprintf(", %+.4f to %+.4f, p %s", d.Low, d.High, number(d.Holm, "%.3g").Text)
	}
	place := map[string]int{}
	for i, image := range s.Images {
		place[image] = i
	}
	for _, p := range d.Pairs {
		if _, known := place[p.Image]; !known {
			place[p.Image] = len(s.Images)
			s.Images = append(s.Images, p.Image)
		}
		dots.Dots = append(dots.Dots, [3]float64{round(p.A), round(p.B), float64(place[p.Image])})
	}
	s.Series = append(s.Series, dots)
}
