package preprocess

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// testPicture reads a picture made by testdata/pil.py.
func testPicture(t *testing.T, name string) *raster.Image {
	t.Helper()
	m, err := files.Picture(t.Context(), "testdata/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// apart returns the largest difference of planes from a picture of 0–255, in 8-bit steps.
func apart(t *testing.T, p *Planes, want *raster.Image) float64 {
	t.Helper()
	if p.Width != want.Width || p.Height != want.Height || p.Channels != want.Channels {
		t.Fatalf("%d×%d px of %d channels, want %d×%d of %d",
			p.Width, p.Height, p.Channels, want.Width, want.Height, want.Channels)
	}
	worst := 0.0
	for c := range p.Channels {
		for i, v := range p.Plane(c) {
			worst = max(worst, math.Abs(255*float64(v)-want.At(i*want.Channels+c)))
		}
	}
	return worst
}

// PIL rounds to 8 bits after the columns and again after the rows, each time by half a step at most; we do not round.
func TestResizeAgreesWithPIL(t *testing.T) {
	const (
		steps      = 1.0   // 8-bit steps, from PIL on 8 bits
		floatSteps = 0.001 // from PIL on floats
	)
	for _, input := range []string{"grey", "rgb"} {
		source, err := FromPhotograph(testPicture(t, input+".png"), input)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range [][2]int{{16, 16}, {20, 31}, {90, 70}} {
			resized := source.Resize(size[0], size[1])
			file := fmt.Sprintf("%s-%dx%d.png", input, size[0], size[1])
			off := apart(t, resized, testPicture(t, file))
			if off > steps {
				t.Errorf("%s: %g 8-bit steps apart, at most %g are rounding", file, off, steps)
			}
			t.Logf("%s: %.3f steps apart", file, off)
			if input != "grey" {
				continue
			}
			file = fmt.Sprintf("float-%dx%d.tif", size[0], size[1])
			off = apart(t, resized, testPicture(t, file))
			if off > floatSteps {
				t.Errorf("%s: %g 8-bit steps apart, want at most %g", file, off, floatSteps)
			}
			t.Logf("%s: %.6f steps apart", file, off)
		}
	}
}

func TestResizeMaskAgreesWithPIL(t *testing.T) {
	binary := func(name string) (mask []uint8, width, height int) {
		m := testPicture(t, name)
		mask, err := m.Binary()
		if err != nil {
			t.Fatal(err)
		}
		return mask, m.Width, m.Height
	}
	mask, width, height := binary("mask.png")
	for _, name := range []string{"mask-30x24.png", "mask-20x12.png", "mask-15x16.png", "mask-120x96.png"} {
		want, toWidth, toHeight := binary(name)
		if got := ResizeMask(mask, width, height, toWidth, toHeight); !slices.Equal(got, want) {
			t.Errorf("%s: other pixels than PIL's", name)
		}
	}
}

func TestResizeMaskCountsPartsOfPixels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 9)
		w, h := side.Draw(t, "width"), side.Draw(t, "height")
		tw, th := side.Draw(t, "to width"), side.Draw(t, "to height")
		mask := rapid.SliceOfN(rapid.Uint8Range(0, 1), w*h, w*h).Draw(t, "mask")
		got := ResizeMask(mask, w, h, tw, th)
		for y := range th {
			for x := range tw {
				// With every pixel repeated tw×th times, an output pixel is a block of w×h.
				ones := 0
				for v := y * h; v < (y+1)*h; v++ {
					for u := x * w; u < (x+1)*w; u++ {
						ones += int(mask[v/th*w+u/tw])
					}
				}
				if want := 2*ones > w*h; (got[y*tw+x] == 1) != want {
					t.Fatalf("(%d, %d) is %d, but %d of %d parts are ones", x, y, got[y*tw+x], ones, w*h)
				}
			}
		}
	})
}

func TestResizeKeepsConstantsMeansAndRamps(t *testing.T) {
	for _, size := range [][2]int{{8, 6}, {16, 12}, {31, 47}, {100, 3}, {1, 1}} {
		p := New(16, 12, 2)
		for i := range p.Plane(0) {
			p.Plane(0)[i] = 0.7
			p.Plane(1)[i] = float32(i%16) / 16
		}
		q := p.Resize(size[0], size[1])
		for i, v := range q.Plane(0) {
			if !near(float64(v), 0.7, 1e-5) {
				t.Fatalf("%v: a constant becomes %g at %d", size, v, i)
			}
		}
		sum := 0.0
		for _, v := range q.Plane(1) {
			sum += float64(v)
		}
		if mean := sum / float64(len(q.Plane(1))); !near(mean, 7.5/16, 0.03) {
			t.Errorf("%v: the mean of a ramp becomes %g", size, mean)
		}
	}
}

func TestShrinkingCountsEverySourcePixel(t *testing.T) {
	p := New(64, 64, 1)
	p.Pixels[33*64+17] = 1
	sum := 0.0
	for _, v := range p.Resize(8, 8).Pixels {
		sum += float64(v)
	}
	if !near(sum*64, 1, 0.2) {
		t.Errorf("a single bright pixel weighs %g after shrinking, want about 1", sum*64)
	}
}

func TestResizeMaskStaysBinaryAndKeepsItsArea(t *testing.T) {
	mask := make([]uint8, 200*100)
	for i := range mask {
		if x, y := i%200, i/200; (x-100)*(x-100)+4*(y-50)*(y-50) < 80*80 {
			mask[i] = 1
		}
	}
	area := 0
	for _, v := range ResizeMask(mask, 200, 100, 64, 64) {
		if v > 1 {
			t.Fatalf("value %d", v)
		}
		area += int(v)
	}
	if want := math.Pi * 80 * 40 / (200 * 100) * 64 * 64; !near(float64(area), want, 0.02*want) {
		t.Errorf("area %d, want %.0f", area, want)
	}
}

// TestResizeToANarrowShapeTakesLittleMoreThanTheResult: a buffer of width×height values of both images would take 8
// GB.
func TestResizeToANarrowShapeTakesLittleMoreThanTheResult(t *testing.T) {
	p := New(512, 512, 1)
	for i := range p.Pixels {
		p.Pixels[i] = float32(i / 512)
	}
	for _, size := range [][2]int{{1 << 22, 1}, {1, 1 << 20}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		out := p.Resize(size[0], size[1])
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 512<<20 {
			t.Errorf("%v took %d MB", size, taken>>20)
		}
		if middle := out.Pixels[len(out.Pixels)/2]; math.Abs(float64(middle-255.5)) > 0.01 {
			t.Errorf("%v: %g in the middle", size, middle)
		}
	}
}
