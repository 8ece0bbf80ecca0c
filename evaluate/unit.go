package evaluate

import (
	"fmt"
	"regexp"
	"slices"

	"r2unet/evaluate/statistics"
)

// patientNames find the patient in an image's name, by the plain name of the dataset, for results that do not record
// patients: phantoms, and records of earlier versions.
var patientNames = map[string]*regexp.Regexp{
	"chasedb1": regexp.MustCompile(`^Image_(\d+)[LR]$`), // a child's two eyes
	"lung":     regexp.MustCompile(`^ID_(\d+)_`),        // slices of one scan
}

// Unit returns what a tested image is an observation of, and its kind: the "patient" where patients are known, else
// the "image" itself. Images of one patient are not independent of each other, units are.
func (r *Result) Unit(image string) (unit, kind string) {
	if r.Patients != nil {
		if patient, ok := r.Patients[image]; ok {
			return patient, "patient"
		}
		return image, "patient"
	}
	if pattern := patientNames[PlainDataset(r.Dataset)]; pattern != nil {
		if found := pattern.FindStringSubmatch(image); found != nil {
			return found[1], "patient"
		}
		return image, "patient"
	}
	return image, "image"
}

// UnitOf is Unit where several results on the same files measured the image, of which some may record patients and
// others, of earlier versions, may not.
func UnitOf(image string, results ...*Result) (unit, kind string) {
	kind = "image"
	for _, r := range results {
		found, of := r.Unit(image)
		if found != image {
			return found, of
		}
		if of != "image" {
			kind = of
		}
	}
	return image, kind
}

// units counts what images are observations of.
type units struct {
	kind  string
	place map[string]int // of each image among the units
	n     int
}

// unitsOf numbers the units of images in the given order; one of some results on the same files knows an image's
// patient.
func unitsOf(results []*Result, images []string) units {
	u := units{"image", map[string]int{}, 0}
	seen := map[string]int{}
	for _, image := range images {
		var unit string
		unit, u.kind = UnitOf(image, results...)
		at, known := seen[unit]
		if !known {
			at = u.n
			seen[unit] = at
			u.n++
		}
		u.place[image] = at
	}
	return u
}

// String counts units and images: "8 images of 4 patients", or "20 images".
func (u units) String() string {
	images := plural(len(u.place), "image")
	if u.n == len(u.place) {
		return images
	}
	return fmt.Sprintf("%s of %s", images, plural(u.n, u.kind))
}

// A change is the paired differences of two networks on the images that both measured.
type change struct {
	units
	mean      float64 // over units, each the mean over its images; NaN if there are none
	low, high float64 // 95 % bootstrap interval over units; NaN for fewer than two
	p         float64 // Wilcoxon signed-rank over units, two-sided; 1 if nothing differs
	ranks     float64 // sum of the ranks of positive differences less that of negative ones
}

// changeOf compares pairs of images that some results measured.
func changeOf(results []*Result, pairs []Pair) change {
	images := make([]string, len(pairs))
	for i, p := range pairs {
		images[i] = p.Image
	}
	c := change{units: unitsOf(results, images)}
	sums, counts := make([]float64, c.n), make([]float64, c.n)
	for _, p := range pairs {
		at := c.place[p.Image]
		sums[at] += p.B - p.A
		counts[at]++
	}
	for i := range sums {
		sums[i] /= counts[i]
	}
	every := make([]int, c.n)
	for i := range every {
		every[i] = i
	}
	statistic := statistics.Mean(sums)
	ci := statistics.Bootstrap(c.n, statistic, statistics.Rounds, statistics.Level, 1)
	test := statistics.Wilcoxon(sums)
	c.mean, c.low, c.high, c.p = statistic(every), ci.Low, ci.High, test.P
	c.ranks = test.Positive - test.Negative
	return c
}

// meanInterval returns the 95 % bootstrap interval over units of the mean over images.
func meanInterval(results []*Result, scores []imageScore) statistics.Interval {
	images := make([]string, len(scores))
	for i, s := range scores {
		images[i] = s.id
	}
	u := unitsOf(results, images)
	sums, counts := make([]float64, u.n), make([]float64, u.n)
	for _, s := range scores {
		sums[u.place[s.id]] += s.value
		counts[u.place[s.id]]++
	}
	return statistics.Bootstrap(u.n, func(drawn []int) float64 {
		sum, count := 0.0, 0.0
		for _, i := range drawn {
			sum += sums[i]
			count += counts[i]
		}
		return sum / count
	}, statistics.Rounds, statistics.Level, 1)
}

// measured returns the images that any of some results measured, in order.
func measured(results []*Result) []string {
	seen := map[string]bool{}
	var ids []string
	for _, r := range results {
		for _, image := range r.Measures.Inside.Images {
			if !seen[image.ID] {
				seen[image.ID] = true
				ids = append(ids, image.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}
