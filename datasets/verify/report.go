// Package verify tells a user what is wrong with a copy of a dataset before time is spent on it.
package verify

import (
	"slices"
)

// Level is the severity of a finding.
type Level string

// A note is good to know, a warning changes the meaning of results, an error makes the copy unusable.
const (
	Note    Level = "note"
	Warning Level = "warning"
	Error   Level = "error"
)

// Finding is something found in a copy, and the file concerned, if there is one.
type Finding struct {
	Level Level  `json:"level"`
	File  string `json:"file,omitempty"`
	Text  string `json:"text"`
}

// Report is the result of checking the datasets under a data folder.
type Report struct {
	Folder   string    `json:"folder"`
	Findings []Finding `json:"findings,omitempty"` // about the data folder itself, not one dataset
	Datasets []Dataset `json:"datasets"`
	Own      []Own     `json:"own,omitempty"` // folders of pictures that are none of these
}

// Dataset is the result of checking one dataset.
type Dataset struct {
	Name     string         `json:"name"`
	Found    bool           `json:"found"`
	Folder   string         `json:"folder,omitempty"`
	Images   map[string]int `json:"images,omitempty"` // labelled images by part; "all" if the layout has no parts
	Expected map[string]int `json:"expected,omitempty"`
	Sizes    []Size         `json:"sizes,omitempty"` // commonest first, at most five
	FOV      *FOV           `json:"fov,omitempty"`   // photographs of the retina only
	Counts   []Count        `json:"counts,omitempty"`
	Findings []Finding      `json:"findings"`
	Labelled []Labelled     `json:"-"` // see WriteCounts

	drawn bool // a sweep draws a phantom if the dataset is missing
}

// Size is the number of images of a size in px.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	Images int `json:"images"`
}

// FOV says where masks of the field of view come from, and how generated masks compare with shipped ones.
type FOV struct {
	Shipped   int        `json:"shipped"`   // images with a mask in the copy
	Generated int        `json:"generated"` // images whose mask is generated from the photograph
	Share     [2]float64 `json:"share"`     // smallest and largest share of an image that the masks cover, 0–1
	Dice      []Dice     `json:"dice,omitempty"`

	Circularity []Circularity `json:"circularity,omitempty"` // of generated masks
}

// Circularity is the Dice of a generated mask with the disc, perhaps cut off straight, that fits it best; see
// fov.Circularity.
type Circularity struct {
	ID          string  `json:"id"`
	Circularity float64 `json:"circularity"`
}

// Dice is the overlap 2|A∩B|/(|A|+|B|) of a shipped mask with the one generated from the photograph.
type Dice struct {
	ID   string  `json:"id"`
	Dice float64 `json:"dice"`
}

// Count is a number of labelled and other pixels, with the published numbers if all images are there.
type Count struct {
	What      string `json:"what"`
	Found     [2]int `json:"found"`              // labelled and other pixels
	Published [2]int `json:"published,omitzero"` // the same for the official set
	Complete  bool   `json:"complete"`           // there are as many images as in the official set
}

// add appends a finding.
func (d *Dataset) add(level Level, file, text string) {
	d.Findings = append(d.Findings, Finding{level, file, text})
}

// Worst returns the level of the worst finding, or Note if there is none.
func (d *Dataset) Worst() Level {
	worst := Note
	for _, f := range d.Findings {
		if f.Level == Error || worst == Note {
			worst = f.Level
		}
	}
	return worst
}

// Exit codes of cmd/verify.
const (
	ExitWell     = 0
	ExitWarnings = 1
	ExitUnusable = 2
)

// ExitCode returns 0 if all is well, 1 if there are warnings, and 2 if a copy is unusable or none was found.
func (r *Report) ExitCode() int {
	if !slices.ContainsFunc(r.Datasets, func(d Dataset) bool { return d.Found }) {
		return ExitUnusable
	}
	code := ExitWell
	for _, d := range r.Datasets {
		switch d.Worst() {
		case Error:
			return ExitUnusable
		case Warning:
			code = ExitWarnings
		}
	}
	return code
}
