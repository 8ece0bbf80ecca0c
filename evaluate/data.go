package evaluate

import (
	"fmt"
	"strings"
)

// Data says how much of a dataset a run was trained and tested on, so that a row of few images is not taken for one of all.
type Data struct {
	Tested    int `json:"tested"`                   // test images that were measured; validation images where Result.Assessed says so
	Test      int `json:"test"`                     // such images of the run's fold
	TestFolds int `json:"test_all_folds,omitempty"` // such images of all folds together, where there are several

	Train    int    `json:"train"`           // training samples an epoch: patches, or images where Patch is 0
	Patch    int    `json:"patch,omitempty"` // side of a patch, px
	Size     int    `json:"size,omitempty"`  // images were resized to Size×Size px; 0 = native size
	Oblong   [2]int `json:"oblong,omitzero"` // width and height instead of Size, where they are not the same, px
	Width    [2]int `json:"width"`           // smallest and largest native width, px
	Height   [2]int `json:"height"`          // smallest and largest native height, px
	Observer int    `json:"observer"`        // whose labels are the truth, from 1

	// Native says that predictions of resized images were resized back, and compared with labels as they are stored.
	Native bool `json:"native,omitempty"`

	Images int    `json:"images"`          // labelled images at hand, or drawn ones
	Parts  []Part `json:"parts,omitempty"` // of the published dataset; none where that is not known, or images are drawn
}

// A Part of a dataset, with the images that were at hand and those that were published.
type Part struct {
	Name      string `json:"name,omitempty"` // e.g. "training"; empty where the dataset has no parts
	Images    int    `json:"images"`
	Published int    `json:"published"`
}

// ShortHash is enough of a dataset's hash to tell its files from others; tables have no room for all of it.
func ShortHash(hash string) string { return hash[:min(len(hash), 12)] }

// notRecorded stands for what records of earlier versions do not say.
const notRecorded = "not recorded"

// tested says how many images the group's runs measured, of how many: "2 of 20", over all folds and for each seed.
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

// data says in a line what the group's runs were trained and tested on.
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
	case d.Patch > 0 && d.resized() != "":
		parts = append(parts, fmt.Sprintf("%s training patches of %d px from images of %s px",
			between(train), d.Patch, strings.TrimSuffix(d.resized(), fmt.Sprintf("×%d", d.Size))))
	case d.Patch > 0:
		parts = append(parts, fmt.Sprintf("%s training patches of %d px", between(train), d.Patch), "native size "+d.native())
	case d.resized() != "":
		parts = append(parts, between(train)+" training images", "resized to "+d.resized()+" px")
	default:
		parts = append(parts, between(train)+" training images", "native size "+d.native())
	}
	if d.Native {
		parts = append(parts, "measured at native size "+d.native())
	}
	parts = append(parts, fmt.Sprintf("observer %d", d.Observer))
	if g[0].Phantom {
		return strings.Join(append(parts, fmt.Sprintf("%d images drawn", d.Images)), "; ")
	}
	return strings.Join(append(parts, d.atHand()), "; ")
}

// DataText says in a line what the run was trained and tested on.
func (r *Result) DataText() string { return group{r}.data() }

// Tested says how many images the run measured, of how many.
func (r *Result) Tested() string { return group{r}.tested() }

// resized is the size that images were resized to, as width×height; "" = none.
func (d *Data) resized() string {
	switch {
	case d.Size > 0:
		return fmt.Sprintf("%d×%d", d.Size, d.Size)
	case d.Oblong != [2]int{}:
		return fmt.Sprintf("%d×%d", d.Oblong[0], d.Oblong[1])
	}
	return ""
}

// native is the size of the images as they are stored, px.
func (d *Data) native() string {
	return between(d.Width[:]) + "×" + between(d.Height[:]) + " px"
}

// atHand says which part of the published dataset was there.
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

// between writes the smallest and the largest number, or the one that all are.
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
