package rank

import (
	"fmt"
	"math"
)

// A key packs a pixel into 32 bits, so that sorting keys sorts pixels by score: the 30 bits of a float32 in
// [0, 1], which order like the number itself, then whether the pixel is inside the field of view, then its
// truth.
const (
	truthBit  = 1
	insideBit = 2
	labelBits = 2
)

// Key returns the key of a pixel. The score must be in [0, 1]; see [CheckScore].
func Key(score float32, inside, truth bool) uint32 {
	key := math.Float32bits(score+0) << labelBits // + 0 turns -0 into 0
	if inside {
		key |= insideBit
	}
	if truth {
		key |= truthBit
	}
	return key
}

// CheckScore returns an error unless a score is in [0, 1].
func CheckScore(score float32) error {
	if score >= 0 && score <= 1 {
		return nil
	}
	if score != score {
		return fmt.Errorf("score is NaN")
	}
	return fmt.Errorf("score %g is outside [0, 1]", score)
}

func scoreOf(key uint32) float32 { return math.Float32frombits(key >> labelBits) }

// Radix digits of 11 bits cover 32 bits in three passes and keep the
// histograms in the first-level cache.
const (
	digitBits = 11
	digits    = 1 << digitBits
)

// Sort radix-sorts keys in ascending order; scratch must be as long as keys.
func Sort(keys, scratch []uint32) {
	var first, second, third [digits]int
	for _, key := range keys {
		first[key&(digits-1)]++
		second[key>>digitBits&(digits-1)]++
		third[key>>(2*digitBits)]++
	}
	scratch = scratch[:len(keys)]
	scatter(scratch, keys, &first, 0)
	scatter(keys, scratch, &second, digitBits)
	scatter(scratch, keys, &third, 2*digitBits)
	copy(keys, scratch)
}

func scatter(to, from []uint32, counts *[digits]int, shift uint) {
	start := 0
	for digit, n := range counts {
		counts[digit] = start
		start += n
	}
	for _, key := range from {
		digit := key >> shift & (digits - 1)
		to[counts[digit]] = key
		counts[digit]++
	}
}
