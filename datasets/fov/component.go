package fov

// largest marks the largest 4-connected region of pixels at or above the threshold.
func largest(level []uint8, threshold uint8, w, h int) []uint8 {
	const unseen, chosen = 1, 2
	mark := make([]uint8, w*h)
	for i, v := range level {
		if v >= threshold {
			mark[i] = unseen
		}
	}
	var best, region []int32
	for start := range mark {
		if mark[start] != unseen {
			continue
		}
		mark[start] = chosen
		region = append(region[:0], int32(start))
		for next := 0; next < len(region); next++ {
			i := int(region[next])
			x, y := i%w, i/w
			visit := func(j int) {
				if mark[j] == unseen {
					mark[j] = chosen
					region = append(region, int32(j))
				}
			}
			if x > 0 {
				visit(i - 1)
			}
			if x < w-1 {
				visit(i + 1)
			}
			if y > 0 {
				visit(i - w)
			}
			if y < h-1 {
				visit(i + w)
			}
		}
		if len(region) > len(best) {
			best, region = region, best
		}
	}
	clear(mark)
	for _, i := range best {
		mark[i] = 1
	}
	return mark
}

// box is a range of columns and rows, ends included.
type box struct{ x0, y0, x1, y1 int }

func bounds(mask []uint8, w, h int) box {
	b := box{w, h, -1, -1}
	for y := range h {
		for x := range w {
			if mask[y*w+x] != 0 {
				b = box{min(b.x0, x), min(b.y0, y), max(b.x1, x), max(b.y1, y)}
			}
		}
	}
	return b
}

// erode keeps the pixels whose square neighbourhood of a radius in px lies within the mask and the image.
func erode(mask []uint8, radius, w, h int) []uint8 {
	rows := make([]uint8, w*h)
	for y := range h {
		run := 0
		for x := range w + radius {
			if x < w && mask[y*w+x] != 0 {
				run++
			} else {
				run = 0
			}
			if centre := x - radius; centre >= radius && centre < w-radius && run > 2*radius {
				rows[y*w+centre] = 1
			}
		}
	}
	out := make([]uint8, w*h)
	for x := range w {
		run := 0
		for y := range h {
			if rows[y*w+x] == 0 {
				run = 0
				continue
			}
			if run++; run > 2*radius {
				out[(y-radius)*w+x] = 1
			}
		}
	}
	return out
}
