package postprocess

// Label numbers the connected components of the pixels that are not 0, from 1 in the order of their first pixels, and
// returns each pixel's number, 0 elsewhere, and the sizes of components in pixels by their numbers; sizes[0] is 0.
// Pixels that share an edge are connected, and with corners those that share a corner too.
func Label(pixels []uint8, width, height int, corners bool) (labels []int32, sizes []int) {
	labels = make([]int32, len(pixels))
	parents := []int32{0} // of provisional numbers
	root := func(i int32) int32 {
		for parents[i] != i {
			parents[i] = parents[parents[i]]
			i = parents[i]
		}
		return i
	}
	for y := range height {
		for x := range width {
			i := y*width + x
			if pixels[i] == 0 {
				continue
			}
			own := int32(0)
			join := func(dx, dy int) {
				if x+dx < 0 || x+dx >= width || y+dy < 0 || labels[i+dy*width+dx] == 0 {
					return
				}
				other := root(labels[i+dy*width+dx])
				switch {
				case own == 0:
					own = other
				case other < own:
					parents[own], own = other, other
				default:
					parents[other] = own
				}
			}
			join(-1, 0)
			join(0, -1)
			if corners {
				join(-1, -1)
				join(1, -1)
			}
			if own == 0 {
				own = int32(len(parents))
				parents = append(parents, own)
			}
			labels[i] = own
		}
	}
	// a component's root is the provisional number of its first pixel
	final := make([]int32, len(parents))
	sizes = []int{0}
	for i, l := range labels {
		if l == 0 {
			continue
		}
		r := root(l)
		if final[r] == 0 {
			final[r] = int32(len(sizes))
			sizes = append(sizes, 0)
		}
		labels[i] = final[r]
		sizes[final[r]]++
	}
	return labels, sizes
}
