package claims

import (
	"math"

	"r2unet/evaluate/record"
)

// A learning curve v(u) is the validation accuracy after the share u of a run's epochs, from 1/epochs to 1, linear
// between the ends of epochs.

// firstShare returns the share of the budget at which a curve begins; NaN without one.
func firstShare(history []record.Epoch) float64 {
	if len(history) == 0 {
		return math.NaN()
	}
	return 1 / float64(len(history))
}

// after returns a value of the history after the share u of the epochs; NaN before the first epoch has ended.
func after(history []record.Epoch, u float64, of func(record.Epoch) float64) float64 {
	at := u*float64(len(history)) - 1
	if len(history) == 0 || at < -1e-9 {
		return math.NaN()
	}
	at = max(at, 0)
	below := min(int(at), len(history)-1)
	above := min(below+1, len(history)-1)
	part := at - float64(below)
	return of(history[below])*(1-part) + of(history[above])*part
}

func validationAccuracy(e record.Epoch) float64 { return e.ValidationAccuracy }
func validationLoss(e record.Epoch) float64     { return e.ValidationLoss }

// area returns the mean height of the learning curve from the share from to 1, the area under it over the width:
// 1/(1−from) ∫ v(u) du, by the trapezoidal rule, exact for v. It is NaN with fewer than two epochs, and where the
// history has no validation accuracy or one that is not finite.
func area(history []record.Epoch, from float64) float64 {
	n := float64(len(history))
	if !(from < 1) || len(history) < 2 {
		return math.NaN()
	}
	for _, e := range history {
		if v := e.ValidationAccuracy; v <= 0 || v > 1 || math.IsNaN(v) {
			return math.NaN()
		}
	}
	sum := 0.0
	for left := from; left < 1-1e-12; {
		right := math.Min(1, (math.Floor(left*n+1e-9)+1)/n)
		sum += (right - left) * (after(history, left, validationAccuracy) +
			after(history, right, validationAccuracy)) / 2
		left = right
	}
	return sum / (1 - from)
}
