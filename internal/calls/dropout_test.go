package calls

import (
	"math"
	"testing"
)

// TestMaskIsThatOfItsFormula keeps the masks of networks with dropout, whose runs would not be repeated otherwise: a
// number in [0, 1) is below a rate where SplitMix64 says so.
func TestMaskIsThatOfItsFormula(t *testing.T) {
	uniform := func(parts ...uint64) float64 {
		h := uint64(0)
		for _, p := range parts {
			h += p + 0x9e3779b97f4a7c15
			h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
			h = (h ^ h>>27) * 0x94d049bb133111eb
			h ^= h >> 31
		}
		return float64(h>>11) / math.Exp2(53)
	}
	for _, rate := range []float64{0, 0.1, 0.3, 0.5, 0.999, 1.5, uniform(5, 41, 7)} {
		below, stream := 0, NewStream(5, 41)
		for place := range uint64(2000) {
			want := uniform(5, 41, place) < rate
			if got := stream.Below(place, Chance(rate)); got != want {
				t.Errorf("rate %v, place %d: below is %v, want %v", rate, place, got, want)
			}
			if want {
				below++
			}
		}
		if share := float64(below) / 2000; math.Abs(share-min(rate, 1)) > 0.05 {
			t.Errorf("rate %v drops %v", rate, share)
		}
	}
}
