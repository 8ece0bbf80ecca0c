package evaluate

import (
	"fmt"
	"math"
	"testing"

	"r2unet/evaluate/measures"
)

// patientsOf gives the eight images of imagesResult to patients: image i to that of i.
func patientsOf(patient func(image int) int) map[string]string {
	of := map[string]string{}
	for i := range 8 {
		of[fmt.Sprint("image", i)] = fmt.Sprint("patient", patient(i))
	}
	return of
}

// withPatients is a run on an own dataset that records patients.
func withPatients(r Result, patients map[string]string) Result {
	r.Dataset, r.Patients = "Own", patients
	return r
}

// TestPatientsOfOneRecordAreThoseOfBoth: a record of an earlier version tells no patients of an own dataset. Whether it
// is the network's or the baseline's changes nothing.
func TestPatientsOfOneRecordAreThoseOfBoth(t *testing.T) {
	base := func(i int) float64 { return 0.7 + 0.01*float64(i) }
	better := func(i int) float64 { return base(i) + 0.01 + 0.001*float64(i) }
	plain, network := imagesResult("forward", base), imagesResult("residual", better)
	plain.Dataset, network.Dataset = "Own", "Own"
	pairs := patientsOf(func(i int) int { return i / 2 })
	for name, results := range map[string][]Result{
		"the network's":  {plain, withPatients(network, pairs)},
		"the baseline's": {withPatients(plain, pairs), network},
	} {
		c := Comparisons(results, measures.F1)[0]
		if c.P != 2.0/16 || c.Over != "8 images of 4 patients" {
			t.Errorf("%s patients: %+v", name, c)
		}
		other := results[0]
		other.Measures = results[1].Measures
		other.Patients = results[1].Patients
		d, _ := Differences(results[:1], []Result{other}, measures.F1)
		if len(d) != 1 || d[0].Over != c.Over || d[0].Units != 4 {
			t.Errorf("%s patients: %+v", name, d)
		}
	}
}

// TestPatientsCountAlikeHoweverManyImagesTheyHave: seven images that gain 1 are one patient, as is one that loses 1.
func TestPatientsCountAlikeHoweverManyImagesTheyHave(t *testing.T) {
	a := imagesResult("forward", func(int) float64 { return 0.5 })
	b := imagesResult("residual", func(i int) float64 {
		if i == 0 {
			return 0.4
		}
		return 0.6
	})
	of := patientsOf(func(i int) int { return min(i, 1) })
	c := Comparisons([]Result{withPatients(a, of), withPatients(b, of)}, measures.F1)[0]
	if math.Abs(c.Mean) > 1e-12 || c.Over != "8 images of 2 patients" {
		t.Errorf("%+v", c)
	}
}

// TestOnePatientIsNotCompared, however many images there are, and takes no part in a correction for others.
func TestOnePatientIsNotCompared(t *testing.T) {
	base := func(i int) float64 { return 0.7 + 0.01*float64(i) }
	better := func(i int) float64 { return base(i) + 0.01 + 0.001*float64(i) }
	one := patientsOf(func(int) int { return 0 })
	a, b := withPatients(imagesResult("forward", base), one), withPatients(imagesResult("residual", better), one)
	if found := Comparisons([]Result{a, b}, measures.F1); len(found) > 0 {
		t.Errorf("compared: %+v", found)
	}
	second := a
	second.Measures = b.Measures
	many := imagesResult("forward", base)
	gain := many
	gain.Measures = imagesResult("forward", better).Measures
	differences, _ := Differences([]Result{a, many}, []Result{second, gain}, measures.F1)
	if len(differences) != 2 {
		t.Fatalf("%d differences, want 2", len(differences))
	}
	for _, d := range differences {
		switch {
		case d.Dataset == "Own" && d.Verdict() != "not comparable":
			t.Errorf("one patient is %s", d.Verdict())
		case d.Dataset != "Own" && d.Holm != 2.0/256:
			t.Errorf("p = %v after the correction, %v before", d.Holm, d.P)
		}
	}
}

// TestIntervalsOfMeansAreOverPatients: of two patients whose images are all alike, a quarter of draws has one alone.
// Over eight images it would be 1 of 256.
func TestIntervalsOfMeansAreOverPatients(t *testing.T) {
	r := imagesResult("forward", func(i int) float64 { return float64(i / 4) })
	r.Dataset = "Own"
	if _, mean := Intervals(&r, measures.F1); mean.Low == 0 || mean.High == 1 {
		t.Errorf("over images: %v", mean)
	}
	r.Patients = patientsOf(func(i int) int { return i / 4 })
	if _, mean := Intervals(&r, measures.F1); mean.Low != 0 || mean.High != 1 {
		t.Errorf("over patients: %v, want 0 to 1", mean)
	}
}

// TestIntervalOfFoldsDrawsThePatientsOfAll: each fold records its own.
func TestIntervalOfFoldsDrawsThePatientsOfAll(t *testing.T) {
	fold := func(n int, c measures.Counts) *Result {
		r := &Result{Dataset: "Own", Fold: n, Folds: 2, Patients: map[string]string{}}
		for i := range 4 {
			id := fmt.Sprint("image", n, i)
			r.Patients[id] = fmt.Sprint("patient", n)
			r.Measures.Inside.Images = append(r.Measures.Inside.Images, ImageScores{id, measures.Scores{Counts: c}})
		}
		return r
	}
	g := group{fold(0, measures.Counts{TN: 90, FN: 10}), fold(1, measures.Counts{TP: 10, TN: 90})}
	if ci := g.interval(measures.F1.Counts); ci.Low != 0 || ci.High != 1 {
		t.Errorf("interval %v, want 0 to 1: a quarter of draws has one patient alone", ci)
	}
}
