package audit

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestLeastShareIsThatOfAllChoices: the smallest and largest share of foreground that n of the images have together.
func TestLeastShareIsThatOfAllChoices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		images := make([]pixels, rapid.IntRange(2, 7).Draw(t, "images"))
		for i := range images {
			images[i] = pixels{
				float64(rapid.IntRange(1, 50).Draw(t, "foreground")),
				float64(rapid.IntRange(1, 90).Draw(t, "background")),
			}
		}
		n := rapid.IntRange(1, len(images)).Draw(t, "n")
		low, high := math.Inf(1), math.Inf(-1)
		for choice := range 1 << len(images) {
			var some []pixels
			for i, p := range images {
				if choice>>i&1 == 1 {
					some = append(some, p)
				}
			}
			if len(some) == n {
				share := total(some).share()
				low, high = min(low, share), max(high, share)
			}
		}
		if l, h := least(images, n, 1), -least(images, n, -1); math.Abs(l-low) > 1e-12 || math.Abs(h-high) > 1e-12 {
			t.Fatalf("%d of %v: %v to %v, of all choices %v to %v", n, images, l, h, low, high)
		}
	})
}

// A sheetOf holds rows of one dataset.
func sheetOf(rows ...map[string]string) *sheet {
	s := &sheet{name: "T"}
	for i, texts := range rows {
		r := row{dataset: "DRIVE", label: fmt.Sprintf("row %d", i), line: i + 2, figures: map[string]figure{}}
		for m, text := range texts {
			r.figures[m], _ = parseFigure(text, false)
		}
		s.rows = append(s.rows, r)
	}
	return s
}

// TestDiceIsReadAsF1 where F1 is not printed: both are the same formula.
func TestDiceIsReadAsF1(t *testing.T) {
	way := reading{testSets()[0], insideFOV, false}
	for _, m := range []string{"f1", "dc"} {
		possible := sheetOf(map[string]string{"se": "1.0000", m: "1.0000"}).rows[0]
		impossible := sheetOf(map[string]string{"se": "0.5000", m: "0.9000"}).rows[0] // F1 is at most 2/3
		if !testable(possible) || !way.test(possible, 0.5).possible || way.test(impossible, 0.5).possible {
			t.Errorf("%s is not tested: %+v", m, way.test(impossible, 0.5))
		}
	}
}

// TestACutDigitIsOneUnit: a number that is off by one unit of its last place was cut off perhaps, by more it was not.
func TestACutDigitIsOneUnit(t *testing.T) {
	ways := []reading{{testSets()[0], insideFOV, false}}
	for text, want := range map[string][2]int{"0.66667": {1, 0}, "0.66668": {0, 1}, "0.66670": {0, 0}} {
		r := sheetOf(map[string]string{"se": "0.50000", "f1": text}).rows[0]
		rounded, cut, _ := try(ways, r)
		if len(rounded) != want[0] || len(cut) != want[1] {
			t.Errorf("F1 %s at SE 0.5: %d readings of rounded numbers, %d of cut ones, want %v", text, len(rounded),
				len(cut), want)
		}
	}
}
