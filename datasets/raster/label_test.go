package raster

import (
	"bytes"
	"strings"
	"testing"
)

// painted returns a picture of one row.
func painted(channels int, data []byte, alpha ...byte) *Image {
	return &Image{Width: len(data) / channels, Height: 1, Channels: channels, Type: Uint8, Data: data, Alpha: alpha}
}

func TestLabelTellsColoursAndAlphaApart(t *testing.T) {
	black, white := []byte{0, 0, 0}, []byte{255, 255, 255}
	red, green, blue := []byte{255, 0, 0}, []byte{0, 128, 0}, []byte{0, 0, 255}
	row := func(colours ...[]byte) []byte { return bytes.Join(colours, nil) }
	for name, c := range map[string]struct {
		m                      *Image
		want                   string // the mask
		background, foreground string
		refused                string
	}{
		"red on blue, of equal sums": {
			m: painted(3, row(red, blue, red)), want: "101", background: "(0,0,255)", foreground: "(255,0,0)",
		},
		"red on black": {
			m: painted(3, row(black, red)), want: "01", background: "black", foreground: "(255,0,0)",
		},
		"ones": {m: painted(1, []byte{0, 1}), want: "01", background: "black", foreground: "white"},
		"ones of three channels": {
			m: painted(3, []byte{0, 0, 0, 1, 1, 1}), want: "01", background: "black", foreground: "white",
		},
		"twos":       {m: painted(1, []byte{0, 2}), want: "01", background: "black", foreground: "2"},
		"nothing":    {m: painted(1, []byte{0, 0}), want: "00", background: "black"},
		"everything": {m: painted(1, []byte{1, 1}), want: "11", foreground: "white"},
		"three colours": {
			m: painted(3, row(black, red, green)),
			refused: "the colours 0, (0,128,0), (255,0,0); keep one class, and save it without loss, as PNG for " +
				"example; where each stands for a class, name them",
		},
		"three greys": {
			m:       painted(1, []byte{0, 3, 255}),
			refused: "the values 0, 3, 255; save it with two values",
		},
		"white on transparent white": {
			m: painted(3, row(white, white), 0, 255), want: "01", background: "transparent", foreground: "opaque",
		},
		"black on transparent black": {
			m: painted(3, row(black, black), 255, 0), want: "10", background: "transparent", foreground: "opaque",
		},
		"white on transparent black": {
			m: painted(3, row(white, black), 255, 0), want: "10", background: "black", foreground: "white",
		},
		"black on transparent white": {m: painted(3, row(black, white), 255, 0), refused: "not clear what is labelled"},
		"alpha beside colours": {
			m:       painted(3, row(black, white, white), 255, 0, 255),
			refused: "not clear what is labelled",
		},
		"everything transparent": {m: painted(3, row(black, white), 0, 0), refused: "transparent everywhere"},
		"the same alpha everywhere": {
			m: painted(3, row(black, white), 9, 9), want: "01", background: "black", foreground: "white",
		},
		"soft alpha": {
			m:       painted(3, row(white, white, white), 0, 128, 255),
			refused: "alpha of the values 0, 128, 255; save it with two values",
		},
		"soft edges beside transparent": {m: painted(1, []byte{0, 128, 255}, 255, 0, 255), refused: "the values 0, 128, 255"},
	} {
		l, err := c.m.Label(0)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %+v, %v, want %q", name, l, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := make([]byte, len(l.Mask))
		for i, v := range l.Mask {
			got[i] = '0' + v
		}
		if string(got) != c.want || l.Background != c.background || l.Foreground != c.foreground {
			t.Errorf("%s: %s, %q on %q; want %s, %q on %q", name, got, l.Foreground, l.Background, c.want, c.foreground,
				c.background)
		}
	}
}

func TestThresholdIsAShareOfWhite(t *testing.T) {
	for name, c := range map[string]struct {
		m         *Image
		threshold float64
		want      []uint8
		refused   string
	}{
		"half":             {m: painted(1, []byte{0, 127, 128, 255}), threshold: 0.5, want: []uint8{0, 0, 1, 1}},
		"white only":       {m: painted(3, []byte{254, 254, 254, 255, 255, 255}), threshold: 1, want: []uint8{0, 1}},
		"alpha of a brush": {m: painted(1, []byte{0, 0, 0}, 0, 200, 255), threshold: 0.5, want: []uint8{0, 1, 1}},
		"half opaque":      {m: painted(1, []byte{0, 255, 255}, 255, 100, 255), threshold: 0.5, want: []uint8{0, 0, 1}},
		"tinted by JPEG":   {m: painted(3, []byte{5, 0, 9, 250, 255, 240}), threshold: 0.5, want: []uint8{0, 1}},
		"in colour": {
			m: painted(3, []byte{0, 0, 0, 255, 0, 0}), threshold: 0.5,
			refused: "the colour (255,0,0) at column 1, row 0",
		},
		"0 and 1":   {m: painted(1, []byte{0, 1}), threshold: 0.5, refused: "the values 0 and 1"},
		"all black": {m: painted(1, []byte{0, 0}), threshold: 0.5, want: []uint8{0, 0}},
		"signed":    {m: New(2, 1, 1, Int16), threshold: 0.5, refused: "int16 samples have no value for white"},
	} {
		l, err := c.m.Label(c.threshold)
		switch {
		case c.refused != "":
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %+v, %v, want %q", name, l, err, c.refused)
			}
		case err != nil || !bytes.Equal(l.Mask, c.want):
			t.Errorf("%s: %+v, %v, want %v", name, l, err, c.want)
		}
	}
}

func TestColoursAreDividedByAlpha(t *testing.T) {
	m := painted(4, []byte{100, 50, 0, 128, 7, 7, 7, 0, 200, 10, 3, 255}).SplitAlpha()
	m.Unpremultiply()
	if want := []byte{199, 100, 0, 7, 7, 7, 200, 10, 3}; !bytes.Equal(m.Data, want) {
		t.Errorf("got %v, want %v", m.Data, want)
	}
	if opaque := painted(4, []byte{1, 2, 3, 255}).SplitAlpha(); opaque.Alpha != nil {
		t.Error("an alpha channel that says nothing is kept")
	}
}

// TestOrientUndoesWhatItsInverseDoes: orientations 6 and 8 are inverse to each other, the others to themselves.
func TestOrientUndoesWhatItsInverseDoes(t *testing.T) {
	m := painted(1, []byte{1, 2, 3, 4, 5, 6}, 6, 5, 4, 3, 2, 1)
	m.Width, m.Height = 3, 2
	for turn, inverse := range map[int]int{0: 9, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6} {
		back := m.Orient(turn).Orient(inverse)
		if back.Width != 3 || !bytes.Equal(back.Data, m.Data) || !bytes.Equal(back.Alpha, m.Alpha) {
			t.Errorf("%d and %d: %+v", turn, inverse, back)
		}
	}
	if got := m.Orient(6); got.Width != 2 || !bytes.Equal(got.Data, []byte{4, 1, 5, 2, 6, 3}) {
		t.Errorf("a quarter clockwise: %+v", got)
	}
}
