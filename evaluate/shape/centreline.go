package shape

import "math"

// CentrelineDice is clDice (Shit et al., "clDice: a novel topology-preserving loss function for tubular
// structure segmentation", 2021): the harmonic mean of the share of the prediction's skeleton inside the
// truth and the share of the truth's skeleton inside the prediction. It is NaN if a mask is empty.
func CentrelineDice(prediction, truth *Mask) float64 {
	precision := covered(Skeleton(prediction), truth)
	sensitivity := covered(Skeleton(truth), prediction)
	if precision+sensitivity == 0 {
		return 0
	}
	return 2 * precision * sensitivity / (precision + sensitivity)
}

// covered returns the share of the skeleton's pixels that are in the mask, NaN for an empty skeleton.
func covered(skeleton, mask *Mask) float64 {
	length, inside := 0, 0
	for i, set := range skeleton.Pixels {
		if set {
			length++
			if mask.Pixels[i] {
				inside++
			}
		}
	}
	if length == 0 {
		return math.NaN()
	}
	return float64(inside) / float64(length)
}

// Skeleton thins a mask to lines one pixel wide: Zhang and Suen, "A fast
// parallel algorithm for thinning digital patterns", 1984.
func Skeleton(m *Mask) *Mask {
	thin := NewMask(m.Width, m.Height)
	copy(thin.Pixels, m.Pixels)
	var border []int
	for i, set := range thin.Pixels {
		if set {
			border = append(border, i)
		}
	}
	var remove []int
	for changed := true; changed; {
		changed = false
		for pass := range 2 {
			remove = remove[:0]
			for _, i := range border {
				if thin.removable(i%m.Width, i/m.Width, pass) {
					remove = append(remove, i)
				}
			}
			for _, i := range remove {
				thin.Pixels[i] = false
				changed = true
			}
			border = keepSet(border, thin)
		}
	}
	return thin
}

func keepSet(pixels []int, m *Mask) []int {
	kept := pixels[:0]
	for _, i := range pixels {
		if m.Pixels[i] {
			kept = append(kept, i)
		}
	}
	return kept
}

// removable reports Zhang and Suen's condition for one of their two passes.
func (m *Mask) removable(x, y, pass int) bool {
	// p2 … p9 clockwise from the pixel above.
	n := [8]bool{
		m.at(x, y-1), m.at(x+1, y-1), m.at(x+1, y), m.at(x+1, y+1),
		m.at(x, y+1), m.at(x-1, y+1), m.at(x-1, y), m.at(x-1, y-1),
	}
	neighbours, transitions := 0, 0
	for i, set := range n {
		if set {
			neighbours++
		} else if n[(i+1)%8] {
			transitions++
		}
	}
	if neighbours < 2 || neighbours > 6 || transitions != 1 {
		return false
	}
	up, right, down, left := n[0], n[2], n[4], n[6]
	if pass == 0 {
		return !(up && right && down) && !(right && down && left)
	}
	return !(up && right && left) && !(up && down && left)
}
