package postprocess

import (
	"strings"
	"testing"
)

// drawn reads a mask: # is 1, digits are classes, all else is 0.
func drawn(rows ...string) (mask []uint8, width, height int) {
	for _, row := range rows {
		for _, c := range []byte(row) {
			v := uint8(0)
			switch {
			case c == '#':
				v = 1
			case c >= '0' && c <= '9':
				v = c - '0'
			}
			mask = append(mask, v)
		}
	}
	return mask, len(rows[0]), len(rows)
}

func shown(mask []uint8, width int) string {
	var out strings.Builder
	for i, v := range mask {
		if i > 0 && i%width == 0 {
			out.WriteByte('\n')
		}
		out.WriteByte(".#23456789"[v])
	}
	return out.String()
}

func TestStepsChangeMasks(t *testing.T) {
	picture := []string{
		"##...#...#",
		"#.#..##...",
		".##.......",
		"....######",
		"....#..#.#",
		"#...####.#",
		"....#....#",
		"....######",
	}
	for text, want := range map[string][]string{
		"min-size(3)": {
			"##...#....", "#.#..##...", ".##.......", "....######", "....#..#.#", "....####.#", "....#....#", "....######",
		},
		"min-size(px=4, neighbours=4)": {
			"..........", "..........", "..........", "....######", "....#..#.#", "....####.#", "....#....#", "....######",
		},
		"largest": {
			"..........", "..........", "..........", "....######", "....#..#.#", "....####.#", "....#....#", "....######",
		},
		"largest(2) + fill-holes": {
			"##........", "###.......", ".##.......", "....######", "....######", "....######", "....######", "....######",
		},
		"fill-holes(max=2)": {
			"##...#...#", "###..##...", ".##.......", "....######", "....####.#", "#...####.#", "....#....#", "....######",
		},
		"fill-holes(neighbours=8)": { // the first hole is open at a corner
			"##...#...#", "#.#..##...", ".##.......", "....######", "....######", "#...######", "....######", "....######",
		},
		"": picture, "none": picture,
	} {
		steps, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		mask, width, height := drawn(picture...)
		got := shown(steps.One(mask, make([]float32, len(mask)), nil, width, height), width)
		if got != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", text, got, strings.Join(want, "\n"))
		}
	}
}

// TestHysteresisKeepsWhatIsConnectedInsideTheFieldOfView: a pixel outside connects nothing.
func TestHysteresisKeepsWhatIsConnectedInsideTheFieldOfView(t *testing.T) {
	levels, width, height := drawn("9550555", "0005000", "4400045", "9000000")
	probabilities := make([]float32, len(levels))
	for i, v := range levels {
		probabilities[i] = float32(v) / 10
	}
	fov := make([]uint8, len(levels))
	for i := range fov {
		fov[i] = 1
	}
	steps, err := Parse("hysteresis(low=0.5,high=0.8)")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		out  int // of the field of view
		want string
	}{
		"whole":     {-1, "###.###\n...#...\n.......\n#......"},
		"a gap":     {1, "#......\n.......\n.......\n#......"},
		"no bridge": {10, "###....\n.......\n.......\n#......"},
	} {
		inside := append([]uint8(nil), fov...)
		if c.out >= 0 {
			inside[c.out] = 0
		}
		got := shown(steps.One(make([]uint8, len(levels)), probabilities, inside, width, height), width)
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestStepsOfSeveralClassesTakeAndGiveBackground(t *testing.T) {
	classes, width, height := drawn("2222..3", "2..2...", "2.12.1.", "2222.11")
	steps, err := Parse("min-size(2) + fill-holes")
	if err != nil {
		t.Fatal(err)
	}
	got := shown(steps.Several(classes, nil, width, height), width)
	if want := "2222...\n2222...\n2222.#.\n2222.##"; got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
	if steps, err = Parse("fill-holes"); err != nil {
		t.Fatal(err)
	}
	// the other class in the hole stays, and counts as its filling
	got = shown(steps.Several(classes, nil, width, height), width)
	if want := "2222..3\n2222...\n22#2.#.\n2222.##"; got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

func TestTextsAreCheckedAndCanonical(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " none ": "", "min-size( 30 )+fill-holes": "min-size(px=30) + fill-holes",
		"hysteresis(high=0.50, low=.3)+largest(1)": "hysteresis(high=0.5,low=0.3) + largest",
		"fill-holes(max=all,neighbours=4)":         "fill-holes",
	} {
		if got := Canonical(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"min-size":                               "the parameter px is missing",
		"min-size(0)":                            "a whole number from 1",
		"fill":                                   "unknown, expected one of fill-holes, hysteresis, largest, min-size",
		"min-siz(3)":                             "\"min-siz\": unknown",
		"largest + ":                             "a step is missing beside a +",
		"largest + hysteresis(low=0.1,high=0.2)": "must be the first step",
		"hysteresis(low=0.6,high=0.5)":           "low must be at most high",
		"hysteresis(0.5)":                        "the parameter high is missing",
		"min-size(px=3,neighbours=6)":            "expected 8 or 4",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	steps, err := Parse("hysteresis(low=0.1,high=0.2)")
	if err != nil || !steps.Thresholds() || steps.Check(true) == nil || steps.Check(false) != nil {
		t.Errorf("hysteresis of several classes is accepted, or of one refused: %v", err)
	}
}

// TestHysteresisIncludesItsThresholdsAndStaysInside: a probability of exactly the higher threshold counts, and pixels
// outside the field of view connect nothing, even where the lower threshold is 0.
func TestHysteresisIncludesItsThresholdsAndStaysInside(t *testing.T) {
	probabilities := []float32{0.5, 0.25, 0.9, 0.25, 0.25}
	for text, c := range map[string]struct {
		fov  []uint8
		want string
	}{
		"hysteresis(low=0.25,high=0.5)": {nil, "#####"},
		"hysteresis(low=0,high=0.5)":    {[]uint8{1, 1, 0, 1, 1}, "##..."},
		"hysteresis(low=0.3,high=0.5)":  {nil, "#.#.."},
	} {
		steps, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(steps.One(make([]uint8, 5), probabilities, c.fov, 5, 1), 5); got != c.want {
			t.Errorf("%s: %s, want %s", text, got, c.want)
		}
	}
}

// TestClassesGrowOnlyInside: a hole that lies outside the field of view stays background.
func TestClassesGrowOnlyInside(t *testing.T) {
	classes, width, height := drawn("222.222", "2.2.2.2", "222.222")
	fov := make([]uint8, len(classes))
	for i := range fov {
		fov[i] = 1
	}
	fov[width+1] = 0
	steps, err := Parse("fill-holes")
	if err != nil {
		t.Fatal(err)
	}
	want := "222.222\n2.2.222\n222.222"
	if got := shown(steps.Several(classes, fov, width, height), width); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
