package model

import (
	"cmp"
	"slices"
	"testing"

	"r2unet/internal/device/ref"
)

// mostCrossed is how many values are tried on the other side of their kinks together, mostTries how often that is
// done.
const mostCrossed, mostTries = 2, 40

// across computes in float64 with some values on the other side of their kinks, and returns further values near to
// kinks.
type across func(path []kink) ([]result, []kink)

// explain looks for values within rounding of a kink that, on its other side, make float64 compute what a device has
// computed in float32. It tries values of the first pass last if the gradients of that pass have not left their
// tolerances, and the nearest first. It returns none where the device's departures have another reason.
func explain(got []result, compute across) []kink {
	paths := [][]kink{nil}
	for tries := 0; len(paths) > 0 && tries < mostTries; tries++ {
		path := paths[0]
		paths = paths[1:]
		results, near := compute(path)
		left, _ := compare(got, results, inFloat32)
		if len(left) == 0 {
			return path
		}
		if left[0].kind == ofLogits || left[0].kind == ofFirstLoss {
			return nil // they are continuous, and have no kinks
		}
		if len(path) == mostCrossed {
			continue
		}
		inFirst := slices.ContainsFunc(left, func(d departure) bool { return d.kind == ofGradients })
		slices.SortStableFunc(near, func(a, b kink) int {
			if (a.pass == 0) != (b.pass == 0) {
				if (a.pass == 0) == inFirst {
					return -1
				}
				return 1
			}
			return cmp.Compare(a.distance, b.distance)
		})
		for _, k := range near {
			if !slices.ContainsFunc(path, k.same) {
				paths = append(paths, append(slices.Clone(path), k))
			}
		}
	}
	return nil
}

// same reports whether two kinks are of the same value in the same pass.
func (k kink) same(other kink) bool { return k.pass == other.pass && k.where == other.where }

// computeAcross is compute in float64 with some values on the other side of their kinks. The first two passes have the
// same weights, and so the same values.
func (c goldenCase) computeAcross(t *testing.T) across {
	return func(path []kink) ([]result, []kink) {
		t.Helper()
		dev := ref.New[float64]()
		var passes [4]*kinks
		results := c.compute(t, dev, func(pass int) {
			var crossed []kink
			for _, k := range path {
				if k.pass == pass || k.pass == 0 && pass == 1 {
					crossed = append(crossed, k)
				}
			}
			passes[pass] = watchKinks(pass, crossed)
			dev.Watch = passes[pass].watch
		})
		var near []kink
		for pass, seen := range passes {
			if pass != 1 && (len(path) == 0 || pass >= path[len(path)-1].pass) {
				near = append(near, seen.near...)
			}
		}
		return results, near
	}
}
