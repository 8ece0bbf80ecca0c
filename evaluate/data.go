package evaluate

import (
	"fmt"
	"strings"
)

// Data records how much of a dataset a run was trained and tested on, so that a row over a few images is not
// mistaken for one over all.
type Data struct {
	// images measured: test images, or validation images if Result.Assessed says so
	Tested    int `json:"tested"`
	Test      int `json:"test"`                     // such images of the run's fold
	TestFolds int `json:"test_all_folds,omitempty"` // such images of all folds together, where there are several

	Train    int    `json:"train"`             // training samples per epoch: patches, or images if Patch is 0
	Trained  int    `json:"trained,omitempty"` // samples that the weights saw, all epochs together; 0 = not recorded
	Patch    int    `json:"patch,omitempty"`   // side of a patch, px
	Size     int    `json:"size,omitempty"`    // images were resized to Size×Size px; 0 = native size
	Oblong   [2]int `json:"oblong,omitzero"`   // width and height instead of Size if they differ, px
	Width    [2]int `json:"width"`             // smallest and largest native width, px
	Height   [2]int `json:"height"`            // smallest and largest native height, px
	Observer int    `json:"observer"`          // whose labels are the truth, from 1

	// MeasuredAt is "native" if predictions of resized images were resized back and compared with the stored labels,
	// "network" if they were compared at the network's size, and "" where only the latter is possible.
	MeasuredAt string `json:"measured_at,omitempty"`

	Images int `json:"images"` // labelled images found, or phantom images drawn
	// Parts of the published dataset; empty if they are unknown or the dataset is a phantom
	Parts []Part `json:"parts,omitempty"`
}

// A Part of a dataset, with the numbers of images found and published.
type Part struct {
	Name      string `json:"name,omitempty"` // e.g. "training"; empty where the dataset has no parts
	Images    int    `json:"images"`
	Published int    `json:"published"`
}

// ShortHash returns the first digits of a dataset's hash: enough to distinguish its files, short enough for a
// table.
func ShortHash(hash string) string { return hash[:min(len(hash), 12)] }

// notRecorded stands for values that records of earlier versions lack.
const notRecorded = "not recorded"

// tested returns how many images the group's runs measured, e.g. "2 of 20": over all folds, per seed.
func (g group) tested() string {
	measured, of := map[uint64]int{}, 0
	for _, r := range g {
		if r.Data == nil {
			measured[r.Seed] += len(r.Measures.Inside.Images)
			continue
		}
		measured[r.Seed] += r.Data.Tested
		of = max(of, r.Data.Test, r.Data.TestFolds)
	}
	var counts []int
	for _, n := range measured {
		counts = append(counts, n)
	}
	if of == 0 {
		return between(counts) + " of ?"
	}
	return fmt.Sprintf("%s of %d", between(counts), of)
}

// data describes in a line what the group's runs were trained and tested on.
func (g group) data() string {
	var train []int
	for _, r := range g {
		if r.Data != nil {
			train = append(train, r.Data.Train)
		}
	}
	d := g[0].Data
	if d == nil {
		measured, _, _ := strings.Cut(g.tested(), " of")
		return measured + " " + g[0].Images() + "; of how many, training samples, size and observer " + notRecorded
	}
	parts := []string{g.tested() + " " + g[0].Images()}
	switch {
	case g[0].Observer:
		return strings.Join(append(parts, "native size "+d.native(), "against observer 1"), "; ")
	case d.Patch > 0 && d.resized() != "":
		parts = append(parts, fmt.Sprintf("%s training patches of %d px from images of %s px",
			between(train), d.Patch, strings.TrimSuffix(d.resized(), fmt.Sprintf("×%d", d.Size))))
	case d.Patch > 0:
		parts = append(parts, fmt.Sprintf("%s training patches of %d px", between(train), d.Patch),
			"native size "+d.native())
	case d.resized() != "":
		parts = append(parts, between(train)+" training images", "resized to "+d.resized()+" px")
	default:
		parts = append(parts, between(train)+" training images", "native size "+d.native())
	}
	switch d.MeasuredAt {
	case "native":
		parts = append(parts, "measured at native size "+d.native())
	case "network":
		parts = append(parts, "measured at that size")
	}
	parts = append(parts, fmt.Sprintf("observer %d", d.Observer))
	if g[0].Phantom {
		return strings.Join(append(parts, fmt.Sprintf("%d images drawn", d.Images)), "; ")
	}
	return strings.Join(append(parts, d.atHand()), "; ")
}

// DataText describes in a line what the run was trained and tested on.
func (r *Result) DataText() string { return group{r}.data() }

// Tested returns how many images the run measured, e.g. "2 of 20".
func (r *Result) Tested() string { return group{r}.tested() }

// Tested returns how many images runs of one network measured on one dataset, over all folds and per seed, e.g. "20 of
// 20". There must be at least one run.
func Tested(runs ...*Result) string { return group(runs).tested() }

// resized returns the size that images were resized to, as width×height; "" if they were not.
func (d *Data) resized() string {
	switch {
	case d.Size > 0:
		return fmt.Sprintf("%d×%d", d.Size, d.Size)
	case d.Oblong != [2]int{}:
		return fmt.Sprintf("%d×%d", d.Oblong[0], d.Oblong[1])
	}
	return ""
}

// native returns the size of the stored images in px.
func (d *Data) native() string {
	return between(d.Width[:]) + "×" + between(d.Height[:]) + " px"
}

// atHand describes which part of the published dataset was found.
func (d *Data) atHand() string {
	var parts []string
	for _, p := range d.Parts {
		text := fmt.Sprintf("%d of %d", p.Images, p.Published)
		if p.Name != "" {
			text += " (" + p.Name + ")"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%d images at hand", d.Images)
	}
	return strings.Join(parts, ", ") + " published images at hand"
}

// between formats the range of numbers as "2–5", or as "2" if all are equal.
func between(numbers []int) string {
	if len(numbers) == 0 {
		return "0"
	}
	low, high := numbers[0], numbers[0]
	for _, n := range numbers {
		low, high = min(low, n), max(high, n)
	}
	if low == high {
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d–%d", low, high)
}
