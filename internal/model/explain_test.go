package model

import (
	"cmp"
	"slices"
	"testing"

	"r2unet/internal/device/ref"
)

// mostCrossed is how many values are tried on the other side of their kinks together, mostTried how many of those
// that are nearest.
const mostCrossed, mostTried = 2, 6

// explain looks for values within rounding of a kink that, on its other side, make float64 compute what a device has
// computed in float32; it returns none where the device's departures have another reason.
func (c goldenCase) explain(t *testing.T, got []result) []kink {
	paths := [][]kink{nil}
	for ; len(paths) > 0; paths = paths[1:] {
		path := paths[0]
		results, near := c.computeAcross(t, path)
		left, _ := compare(got, results, inFloat32)
		if len(left) == 0 {
			return path
		}
		if left[0].name == "logits" || left[0].name == "loss" {
			return nil // they have no kinks: what goes through one is continuous
		}
		if len(path) == mostCrossed {
			continue
		}
		for _, k := range near {
			paths = append(paths, append(slices.Clone(path), k))
		}
	}
	return nil
}

// computeAcross is compute in float64 with some values on the other side of their kinks. It returns further values
// near to kinks, the nearest first. The first two passes have the same weights, and so the same values.
func (c goldenCase) computeAcross(t *testing.T, path []kink) ([]result, []kink) {
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
		if pass == 1 || len(path) > 0 && pass < path[len(path)-1].pass {
			continue
		}
		for _, k := range seen.near {
			if !slices.ContainsFunc(path, func(p kink) bool { return p.where == k.where && p.pass == k.pass }) {
				near = append(near, k)
			}
		}
	}
	slices.SortStableFunc(near, func(a, b kink) int { return cmp.Compare(a.distance, b.distance) })
	return results, near[:min(len(near), mostTried)]
}
