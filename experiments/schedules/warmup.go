package schedules

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Warmup is how long the learning rate rises at the beginning of a run: a number of epochs or of updates.
type Warmup struct {
	Count  int
	Epochs bool // of epochs; otherwise of updates
}

// ParseWarmup parses "5 epochs", "1 epoch", "500 updates", "1 update"; "" is no warm-up.
func ParseWarmup(text string) (Warmup, error) {
	if text == "" {
		return Warmup{}, nil
	}
	if number, unit, ok := strings.Cut(text, " "); ok {
		n, err := strconv.Atoi(number)
		unit = strings.TrimSuffix(unit, "s")
		if err == nil && n >= 0 && n <= math.MaxInt32 && (unit == "epoch" || unit == "update") {
			return Warmup{Count: n, Epochs: unit == "epoch"}, nil
		}
	}
	return Warmup{}, fmt.Errorf(`%q: expected a number of epochs or of updates, such as "5 epochs" or "500 updates"`,
		text)
}

// String returns the canonical text: "5 epochs", "" without a warm-up.
func (w Warmup) String() string {
	if w.Count == 0 {
		return ""
	}
	unit := "update"
	if w.Epochs {
		unit = "epoch"
	}
	if w.Count > 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", w.Count, unit)
}

// Updates returns the length of the warm-up in updates, of a run with so many updates in so many epochs.
func (w Warmup) Updates(updates, epochs int) int {
	if w.Epochs {
		return w.Count * (updates / max(epochs, 1))
	}
	return w.Count
}

// Before returns a schedule whose rate rises on a straight line in the W updates of the warm-up, at update k = 0, 1, …
// to the fraction (k + 1)/W of what the other schedule begins with, and then follows that schedule, which sees the
// updates after the warm-up as its run; epochs and validation losses remain those of the whole run. (In PyTorch:
// SequentialLR of LinearLR(start_factor=1/W, total_iters=W−1) and the other schedule.)
func (w Warmup) Before(then Schedule) Schedule {
	if w.Count == 0 {
		return then
	}
	return func(p Position) float64 {
		length, taken := w.Updates(p.Updates, p.Epochs), p.Update
		p.Update, p.Updates = max(taken-length, 0), max(p.Updates-length, 1)
		rate := then(p)
		if taken < length {
			rate *= float64(taken+1) / float64(length)
		}
		return rate
	}
}
