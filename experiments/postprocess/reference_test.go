package postprocess

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestStepsAreThoseOfScipyAndSkimage: testdata/reference.py has drawn the masks.
func TestStepsAreThoseOfScipyAndSkimage(t *testing.T) {
	content, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Pictures []struct {
			Width, Height  int
			Levels         []int // probabilities in hundredths
			Sizes8, Sizes4 []int // of components, in the order of their first pixels
			Steps          map[string][]string
		}
	}
	if err := json.Unmarshal(content, &reference); err != nil {
		t.Fatal(err)
	}
	for _, p := range reference.Pictures {
		probabilities, mask := make([]float32, len(p.Levels)), make([]uint8, len(p.Levels))
		for i, level := range p.Levels {
			probabilities[i] = float32(level) / 100
			if level >= 50 {
				mask[i] = 1
			}
		}
		for corners, want := range map[bool][]int{true: p.Sizes8, false: p.Sizes4} {
			if _, sizes := Label(mask, p.Width, p.Height, corners); !slices.Equal(sizes[1:], want) {
				t.Errorf("%d×%d, corners %t: components of %v px, want %v", p.Width, p.Height, corners, sizes[1:], want)
			}
		}
		for text, rows := range p.Steps {
			steps, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(steps.One(mask, probabilities, nil, p.Width, p.Height), p.Width)
			if want := strings.Join(rows, "\n"); got != want {
				t.Errorf("%s:\n%s\nwant\n%s", text, got, want)
			}
		}
	}
}
