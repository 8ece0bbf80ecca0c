package verify

import (
	"encoding/csv"
	"io"
	"strconv"
)

// Labelled is the numbers of pixels of one image's label.
type Labelled struct {
	Part, ID      string
	All, Inside   [2]int // labelled and other pixels, of the whole image and inside the field of view in use
	MaskInTheCopy bool   // the field of view is a mask in the copy, not made from the image
}

// labelled lists the labels that could be read.
func labelled(images []checked) (all []Labelled) {
	for _, m := range images {
		if m.total == 0 {
			continue
		}
		all = append(all, Labelled{
			Part: m.Part, ID: m.ID, All: [2]int{m.positive, m.total - m.positive},
			Inside: [2]int{m.inPositive, m.inTotal - m.inPositive}, MaskInTheCopy: m.field.shipped,
		})
	}
	return all
}

// WriteCounts writes a CSV row for each label: its labelled and other pixels, of the whole image and inside the field
// of view.
func (r *Report) WriteCounts(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"dataset", "part", "image", "foreground", "background", "fov_foreground", "fov_background", "fov",
	}}
	for _, d := range r.Datasets {
		for _, l := range d.Labelled {
			fov := "made"
			if l.MaskInTheCopy {
				fov = "mask"
			}
			row := []string{d.Name, l.Part, l.ID}
			for _, n := range []int{l.All[0], l.All[1], l.Inside[0], l.Inside[1]} {
				row = append(row, strconv.Itoa(n))
			}
			rows = append(rows, append(row, fov))
		}
	}
	return out.WriteAll(rows)
}
