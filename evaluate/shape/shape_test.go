package shape

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawing returns a mask drawn as lines in which # is foreground.
func drawing(lines ...string) *Mask {
	m := NewMask(len(lines[0]), len(lines))
	for y, line := range lines {
		for x, c := range line {
			m.Pixels[y*m.Width+x] = c == '#'
		}
	}
	return m
}

func (m *Mask) String() string {
	var s strings.Builder
	for y := range m.Height {
		for x := range m.Width {
			if m.at(x, y) {
				s.WriteByte('#')
			} else {
				s.WriteByte('.')
			}
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func TestHausdorffOfDrawings(t *testing.T) {
	square := drawing(
		"........",
		".####...",
		".####...",
		".####...",
		"........")
	moved := drawing(
		"........",
		"...####.",
		"...####.",
		"...####.",
		"........")
	dot := drawing(
		"........",
		"........",
		"#.......",
		"........",
		"........")
	empty := NewMask(8, 5)
	tests := []struct {
		name       string
		a, b       *Mask
		percentile float64
		want       float64
	}{
		{"same", square, square, 95, 0},
		{"moved by two", square, moved, 100, 2},
		{"the largest of both directions", dot, square, 100, math.Sqrt(16 + 1)},
		{"empty", square, empty, 95, math.NaN()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Hausdorff(test.a, test.b, test.percentile)
			if got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if back := Hausdorff(test.b, test.a, test.percentile); back != got && !math.IsNaN(got) {
				t.Errorf("the other way round %v, want %v", back, got)
			}
		})
	}
}

func TestDistanceTransformEqualsTryingAllPixels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := NewMask(rapid.IntRange(1, 12).Draw(t, "width"), rapid.IntRange(1, 12).Draw(t, "height"))
		for i := range m.Pixels {
			m.Pixels[i] = rapid.IntRange(0, 5).Draw(t, "pixel") == 0
		}
		got := distanceTransform(m)
		for i := range m.Pixels {
			want := math.Inf(1)
			for j, set := range m.Pixels {
				if set {
					dx, dy := float64(i%m.Width-j%m.Width), float64(i/m.Width-j/m.Width)
					want = min(want, dx*dx+dy*dy)
				}
			}
			if got[i] != want {
				t.Fatalf("pixel %d: %v, want %v in\n%v", i, got[i], want, m)
			}
		}
	})
}

func TestSkeletonIsThinAndInside(t *testing.T) {
	bar := drawing(
		"............",
		".##########.",
		".##########.",
		".##########.",
		"............")
	thin := Skeleton(bar)
	length := 0
	for i, set := range thin.Pixels {
		if set && !bar.Pixels[i] {
			t.Errorf("the skeleton leaves the mask:\n%v", thin)
		}
		if set {
			length++
		}
	}
	if length < 6 || length > 10 {
		t.Errorf("a bar 10 px long has a skeleton of %d px:\n%v", length, thin)
	}
	for y := range thin.Height - 1 {
		for x := range thin.Width - 1 {
			if thin.at(x, y) && thin.at(x+1, y) && thin.at(x, y+1) && thin.at(x+1, y+1) {
				t.Errorf("the skeleton is two pixels wide at %d,%d:\n%v", x, y, thin)
			}
		}
	}
}

// pieces counts 8-connected components.
func pieces(m *Mask) int {
	seen := make([]bool, len(m.Pixels))
	n := 0
	for i, set := range m.Pixels {
		if !set || seen[i] {
			continue
		}
		n++
		stack := []int{i}
		seen[i] = true
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					x, y := at%m.Width+dx, at/m.Width+dy
					if m.at(x, y) && !seen[y*m.Width+x] {
						seen[y*m.Width+x] = true
						stack = append(stack, y*m.Width+x)
					}
				}
			}
		}
	}
	return n
}

func TestSkeletonKeepsVesselsWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		m := NewMask(80, 60)
		phase := random.Float64() * 6
		for x := 5; x < 75; x++ {
			at := 30 + 15*math.Sin(float64(x)/12+phase)
			for y := range m.Height {
				if math.Abs(float64(y)-at) < 2.5 {
					m.Pixels[y*m.Width+x] = true
				}
			}
		}
		if before, after := pieces(m), pieces(Skeleton(m)); before != after {
			t.Errorf("%d pieces became %d", before, after)
		}
	}
}

func TestCentrelineDiceSeesBrokenVessels(t *testing.T) {
	whole := drawing(
		"....................",
		"####################",
		"####################",
		"####################",
		"....................")
	broken := drawing(
		"....................",
		"########....########",
		"########....########",
		"########....########",
		"....................")
	if got := CentrelineDice(whole, whole); got != 1 {
		t.Errorf("the same mask has %v", got)
	}
	if got := CentrelineDice(broken, whole); got < 0.7 || got > 0.95 {
		t.Errorf("a broken vessel has %v", got)
	}
	if got := CentrelineDice(NewMask(20, 5), whole); !math.IsNaN(got) {
		t.Errorf("an empty mask has %v", got)
	}
	apart := drawing("##......", "........", "........", "......##")
	other := drawing("......##", "........", "........", "##......")
	if got := CentrelineDice(apart, other); got != 0 {
		t.Errorf("masks that do not meet have %v", got)
	}
}
