package postprocess

import (
	"cmp"
	"math"
	"slices"

	"r2unet/internal/setting"
)

// neighbours is the parameter for how pixels are connected.
func neighbours(usual, other string) setting.Parameter {
	return setting.Word("neighbours", usual, other)
}

func corners(s setting.Setting) bool { return s.Word("neighbours") == "8" }

func init() {
	register(thresholding, func(s setting.Setting) Step {
		return hysteresis(s.Number("low"), s.Number("high"), corners(s))
	}, setting.Number("low", 0, 0, 1).Required(), setting.Number("high", 0, 0, 1).Required(), neighbours("8", "4"))
	register("largest", func(s setting.Setting) Step {
		return largest(s.Whole("count"), corners(s))
	}, setting.Whole("count", 1, 1, math.MaxInt16), neighbours("8", "4"))
	register("min-size", func(s setting.Setting) Step {
		return minSize(s.Whole("px"), corners(s))
	}, setting.Whole("px", 0, 1, math.MaxInt32).Required(), neighbours("8", "4"))
	register("fill-holes", func(s setting.Setting) Step {
		return fillHoles(s.Whole("max"), corners(s))
	}, setting.Parameter{
		Key: "max", Default: "all", Words: []string{"all"}, Numbers: true, Whole: true, Min: 1, Max: math.MaxInt32,
	}, neighbours("4", "8"))
}

// hysteresis makes the mask of the pixels of at least the lower probability that are connected, through such pixels,
// with one of at least the higher (Canny, 1986).
func hysteresis(low, high float64, corners bool) Step {
	return func(m *Mask) {
		for i, p := range m.Probabilities {
			m.Pixels[i] = 0
			if float64(p) >= low {
				m.Pixels[i] = 1
			}
		}
		labels, sizes := Label(m.Pixels, m.Width, m.Height, corners)
		keep := make([]bool, len(sizes))
		for i, p := range m.Probabilities {
			if float64(p) >= high {
				keep[labels[i]] = true
			}
		}
		m.keep(labels, func(label int32) bool { return keep[label] })
	}
}

// largest keeps so many components with the most pixels, of equal ones those that come first.
func largest(count int, corners bool) Step {
	return func(m *Mask) {
		labels, sizes := Label(m.Pixels, m.Width, m.Height, corners)
		order := make([]int, 0, len(sizes))
		for label := 1; label < len(sizes); label++ {
			order = append(order, label)
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sizes[b], sizes[a]) })
		keep := make([]bool, len(sizes))
		for _, label := range order[:min(count, len(order))] {
			keep[label] = true
		}
		m.keep(labels, func(label int32) bool { return keep[label] })
	}
}

// minSize removes components of fewer pixels.
func minSize(px int, corners bool) Step {
	return func(m *Mask) {
		labels, sizes := Label(m.Pixels, m.Width, m.Height, corners)
		m.keep(labels, func(label int32) bool { return sizes[label] >= px })
	}
}

// fillHoles fills what foreground encloses: components of background that do not touch the picture's border, of at most
// so many pixels; 0 means of any size.
func fillHoles(most int, corners bool) Step {
	return func(m *Mask) {
		background := make([]uint8, len(m.Pixels))
		for i, v := range m.Pixels {
			background[i] = 1 - v
		}
		labels, sizes := Label(background, m.Width, m.Height, corners)
		open := make([]bool, len(sizes))
		open[0] = true // foreground
		for x := range m.Width {
			open[labels[x]], open[labels[(m.Height-1)*m.Width+x]] = true, true
		}
		for y := range m.Height {
			open[labels[y*m.Width]], open[labels[(y+1)*m.Width-1]] = true, true
		}
		for i, label := range labels {
			if !open[label] && (most == 0 || sizes[label] <= most) {
				m.Pixels[i] = 1
			}
		}
	}
}

// keep removes the components that are not kept.
func (m *Mask) keep(labels []int32, kept func(label int32) bool) {
	for i, label := range labels {
		m.Pixels[i] = 0
		if label != 0 && kept(label) {
			m.Pixels[i] = 1
		}
	}
}
