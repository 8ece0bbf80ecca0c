package statistics

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Cell is one paired difference: of a unit (a patient, an image) under a training (a seed and fold).
type Cell struct {
	Unit, Training int // from 0, without gaps
	Value          float64
}

// An Estimate is a mean with its standard error, which counts units and trainings as drawn at random.
type Estimate struct {
	Mean     float64 // over units, each the mean over its trainings
	Variance float64 // of Mean; NaN for fewer than two units
	Freedom  float64 // degrees of freedom of Variance (Satterthwaite)
	Interval         // 95 %, by Student's t; undefined for fewer than two units
}

// Crossed estimates the mean of cells that share units and trainings.
//
// With u = (value − mean)/(units · trainings of the unit), the variance between units is Vu = I/(I−1) Σ (Σ u of a
// unit)², that between trainings Vt likewise. If every unit was tested under every training, the variance is
// Vu + Vt − Vr, with Vr from the residuals of the two-way table, and at least the larger of Vu and Vt: the two-way
// random-effects analysis. If every training tested one unit (leave-one-out) it is Vu; if every unit was tested once it
// is the larger of Vu and Vt; of incomplete tables Vu + Vt, which is too large rather than too small. With one training
// it is the paired t interval over units, which says nothing of other trainings.
func Crossed(cells []Cell) Estimate {
	units, trainings := 0, 0
	for _, c := range cells {
		units, trainings = max(units, c.Unit+1), max(trainings, c.Training+1)
	}
	nan := math.NaN()
	e := Estimate{Mean: nan, Variance: nan, Freedom: nan, Interval: Interval{nan, nan}}
	if units == 0 {
		return e
	}
	perUnit, perTraining := make([]float64, units), make([]float64, trainings)
	inUnit, inTraining := make([]float64, units), make([]float64, trainings)
	for _, c := range cells {
		perUnit[c.Unit] += c.Value
		inUnit[c.Unit]++
		inTraining[c.Training]++
	}
	e.Mean = 0
	for i := range perUnit {
		perUnit[i] /= inUnit[i]
		e.Mean += perUnit[i] / float64(units)
	}
	if units < 2 {
		return e
	}
	between := 0.0 // Vu
	for _, m := range perUnit {
		between += (m - e.Mean) * (m - e.Mean)
	}
	between /= float64(units) * float64(units-1)
	for _, c := range cells {
		perTraining[c.Training] += (c.Value - e.Mean) / (float64(units) * inUnit[c.Unit])
	}
	among := 0.0 // Vt
	for _, s := range perTraining {
		among += s * s
	}
	among *= float64(trainings) / float64(max(trainings-1, 1))

	byUnits, byTrainings := float64(units-1), float64(trainings-1)
	complete := len(cells) == units*trainings
	switch {
	case trainings == 1 || most(inTraining) == 1:
		e.Variance, e.Freedom = between, byUnits
	case most(inUnit) == 1:
		e.Variance, e.Freedom = between, byUnits
		if among > between {
			e.Variance, e.Freedom = among, byTrainings
		}
	default:
		rest, restFreedom := 0.0, byUnits*byTrainings
		if complete {
			for _, c := range cells {
				// perTraining is 1/trainings of a training's mean minus the mean.
				r := c.Value - perUnit[c.Unit] - perTraining[c.Training]*float64(trainings)
				rest += r * r
			}
			rest /= restFreedom * float64(len(cells))
		}
		e.Variance = max(between, among, between+among-rest)
		spread := between*between/byUnits + among*among/byTrainings + rest*rest/restFreedom
		e.Freedom = e.Variance * e.Variance / spread
		if spread == 0 {
			e.Freedom = byUnits
		}
	}
	e.bound()
	return e
}

// MeanOf combines estimates of independent samples to that of the mean of their means, all with the same weight.
func MeanOf(all []Estimate) Estimate {
	e := Estimate{}
	n, spread := float64(len(all)), 0.0
	for _, one := range all {
		e.Mean += one.Mean / n
		v := one.Variance / (n * n)
		e.Variance += v
		spread += v * v / one.Freedom
	}
	e.Freedom = e.Variance * e.Variance / spread
	if spread == 0 && len(all) > 0 {
		e.Freedom = all[0].Freedom
	}
	e.bound()
	return e
}

// bound sets the interval.
func (e *Estimate) bound() {
	if math.IsNaN(e.Variance) || !(e.Freedom > 0) {
		e.Interval = Interval{math.NaN(), math.NaN()}
		return
	}
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: e.Freedom}.Quantile(1-(1-Level)/2) * math.Sqrt(e.Variance)
	e.Interval = Interval{e.Mean - half, e.Mean + half}
}

func most(of []float64) float64 {
	largest := 0.0
	for _, v := range of {
		largest = max(largest, v)
	}
	return largest
}
