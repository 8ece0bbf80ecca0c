package layout

import (
	"math"
	"slices"
	"testing"
)

// TestNew pins the strides of the shapes that occur in networks: images in planes of one channel, maps in blocks of
// sixteen.
func TestNew(t *testing.T) {
	for _, c := range []struct {
		shape [4]int
		want  Map
		size  int
	}{
		{[4]int{2, 1, 3, 5}, Map{Block: 1, Planes: 1, Row: 7, Plane: 35, Sample: 35}, 70},
		{[4]int{1, 4, 2, 2}, Map{Block: 1, Planes: 4, Row: 4, Plane: 16, Sample: 64}, 64},
		{[4]int{1, 5, 2, 2}, Map{Block: 8, Planes: 1, Row: 32, Plane: 128, Sample: 128}, 128},
		{[4]int{2, 8, 2, 1}, Map{Block: 8, Planes: 1, Row: 24, Plane: 96, Sample: 96}, 192},
		{[4]int{1, 9, 2, 2}, Map{Block: 16, Planes: 1, Row: 64, Plane: 256, Sample: 256}, 256},
		{[4]int{3, 16, 1, 1}, Map{Block: 16, Planes: 1, Row: 48, Plane: 144, Sample: 144}, 432},
		{[4]int{2, 17, 4, 6}, Map{Block: 16, Planes: 2, Row: 128, Plane: 768, Sample: 1536}, 3072},
	} {
		c.want.N, c.want.C, c.want.H, c.want.W = c.shape[0], c.shape[1], c.shape[2], c.shape[3]
		m := New(c.shape[0], c.shape[1], c.shape[2], c.shape[3])
		if m != c.want || m.Size() != c.size {
			t.Errorf("%v: %+v of %d floats, expected %+v of %d", c.shape, m, m.Size(), c.want, c.size)
		}
	}
}

// TestEveryElementHasAPlaceOfItsOwnInsideOfTheBorder: no two elements share a float, and none is in the border.
func TestEveryElementHasAPlaceOfItsOwnInsideOfTheBorder(t *testing.T) {
	for _, c := range []int{1, 3, 4, 5, 8, 9, 16, 17, 48} {
		m := New(2, c, 3, 5)
		seen := map[int]bool{}
		for n := range m.N {
			for ch := range m.C {
				for h := range m.H {
					for w := range m.W {
						at := m.Channel(n, ch, h, w)
						if at < 0 || at >= m.Size() || seen[at] {
							t.Fatalf("%d channels: element [%d %d %d %d] is at %d, outside or on another", c, n,
								ch, h, w, at)
						}
						seen[at] = true
					}
				}
			}
		}
		for n := range m.N {
			for p := range m.Planes {
				for h := -1; h <= m.H; h++ {
					for _, w := range []int{-1, m.W} {
						for lane := range m.Block {
							if at := m.Pixel(n, p, h, w) + lane; at < 0 || at >= m.Size() || seen[at] {
								t.Fatalf("%d channels: border pixel (%d, %d) of plane %d is at %d, outside or on an "+
									"element", c, h, w, p, at)
							}
						}
					}
				}
			}
		}
	}
}

// TestStoreAndLoad: loading returns what was stored, and everything else is zero, whatever the memory held before.
func TestStoreAndLoad(t *testing.T) {
	for _, c := range []int{1, 4, 5, 8, 9, 16, 20} {
		m := New(2, c, 3, 5)
		want := make([]float32, m.N*m.C*m.H*m.W)
		var total float64
		for i := range want {
			want[i] = float32(i + 1)
			total += float64(i + 1)
		}
		memory := make([]float32, m.Size())
		for i := range memory {
			memory[i] = float32(math.NaN())
		}
		m.Store(memory, want)
		got := make([]float32, len(want))
		m.Load(got, memory)
		if !slices.Equal(got, want) {
			t.Errorf("%d channels: another map came back", c)
		}
		var stored float64
		for _, v := range memory {
			stored += float64(v)
		}
		if stored != total { // NaN if anything was left
			t.Errorf("%d channels: the memory adds up to %g, the map to %g", c, stored, total)
		}
	}
}

// TestViewsAreTheChannelsOfTheirMap, where they begin and end with a block, and an error elsewhere.
func TestViewsAreTheChannelsOfTheirMap(t *testing.T) {
	m := New(2, 48, 3, 5)
	split := m.Split()
	if split.Size() != m.Size() || split.Planes != 6 {
		t.Errorf("%+v has another size than %+v", split, m)
	}
	values, memory := make([]float32, m.N*m.C*m.H*m.W), make([]float32, m.Size())
	for i := range values {
		values[i] = float32(i)
	}
	for _, c := range []struct {
		m                Map
		first, c, planes int
	}{{m, 16, 32, 2}, {split, 16, 32, 4}, {split, 8, 8, 1}, {split, 40, 8, 1}} {
		c.m.Store(memory, values)
		v, start, err := c.m.View(c.first, c.c)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, v.N*v.C*v.H*v.W)
		v.Load(got, memory[start:])
		area := m.H * m.W
		for n := range m.N {
			want := values[(n*48+c.first)*area:][:c.c*area]
			if !slices.Equal(got[n*c.c*area:][:c.c*area], want) || v.Planes != c.planes {
				t.Errorf("sample %d of the view %+v has other values", n, v)
			}
		}
	}
	for _, c := range []struct {
		m        Map
		start, c int
	}{
		{m, 8, 16},
		{m, 16, 8},
		{m, 32, 32},
		{m, -16, 16},
		{m, 0, 0},
		{split, 4, 8},
		{split, 8, 4},
		{split, 48, 8},
		{New(1, 20, 2, 2), 16, 16},
		{New(1, 4, 2, 2), 0, 4},
	} {
		if v, _, err := c.m.View(c.start, c.c); err == nil {
			t.Errorf("channels %d to %d of %d: %+v, expected an error", c.start, c.start+c.c, c.m.C, v)
		}
	}
}
