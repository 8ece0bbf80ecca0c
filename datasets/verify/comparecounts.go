package verify

import (
	"fmt"
	"slices"

	"r2unet/datasets"
)

// compareCounts compares the numbers of labelled pixels with the published ones.
func (out *Dataset) compareCounts(d *datasets.Description, images []checked) {
	published := d.Official.Counts
	if len(published) == 0 {
		published = []datasets.Count{{}}
	}
	var counts []Count
	for _, p := range published {
		count := Count{What: "labelled and other pixels", Published: [2]int{p.Positive, p.Background}}
		if p.Part != "" {
			count.What += " (" + p.Part + ")"
		}
		if p.Inside {
			count.What += ", inside of the field of view"
		}
		var n int
		count.Found, n = countPixels(images, p.Part, p.Inside)
		count.Complete = n > 0 && n == d.Official.Images[p.Part]
		if n > 0 {
			out.Counts = append(out.Counts, count)
		}
		counts = append(counts, count)
	}
	out.unlikePublished(published, counts, images)
	out.Labelled = labelled(images)
}

// unlikePublished reports counts of a complete set that differ from the published ones. If only counts inside the
// field of view differ, the labels are the official ones and the masks are not.
func (out *Dataset) unlikePublished(published []datasets.Count, counts []Count, images []checked) {
	same := map[string]bool{} // parts with the official labels
	for i, p := range published {
		if !p.Inside && counts[i].Found == counts[i].Published {
			same[p.Part] = true
		}
	}
	for i, p := range published {
		c := counts[i]
		if !c.Complete || p.Positive == 0 || c.Found == c.Published {
			continue
		}
		level, why := Warning, "the labels are not the official ones"
		if p.Inside && same[p.Part] {
			why = "the fields of view are not the official ones; the labels are"
			if !slices.ContainsFunc(images, func(m checked) bool { return m.Part == p.Part && m.field.shipped }) {
				level, why = Note, "the fields of view are made from the images; the labels are the official ones"
			}
		}
		out.add(level, "", fmt.Sprintf("%s: %d and %d, published are %d and %d; %s",
			c.What, c.Found[0], c.Found[1], p.Positive, p.Background, why))
	}
}

// countPixels counts the labelled and the other pixels of a part, or of all parts if it is "", and the images that
// could be read.
func countPixels(images []checked, part string, inside bool) (found [2]int, n int) {
	for _, m := range images {
		if part != "" && m.Part != part || m.total == 0 {
			continue
		}
		n++
		positive, total := m.positive, m.total
		if inside {
			positive, total = m.inPositive, m.inTotal
		}
		found[0] += positive
		found[1] += total - positive
	}
	return found, n
}
