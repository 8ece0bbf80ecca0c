package kernel

// single returns the same rows of a plane of one channel.
func (r Rows) single() Rows { return Rows{r.Count, r.Pixels, 1} }

func multiply(y, a, b, acc []float32, r Rows) {
	for h := range r.Count {
		out, left, right := r.inside(y, h), r.inside(a, h), r.inside(b, h)
		if acc == nil {
			for i, v := range left {
				out[i] = v * right[i]
			}
		} else {
			before := r.inside(acc, h)
			for i, v := range left {
				out[i] = v*right[i] + before[i]
			}
		}
		r.clearBorder(y, h)
	}
}

func scalePixels(y, x, g, acc []float32, r Rows) {
	for h := range r.Count {
		out, in := r.inside(y, h), r.inside(x, h)
		gates := r.single().inside(g, h)
		if acc == nil {
			for i, v := range in {
				out[i] = v * gates[i/r.Block]
			}
		} else {
			before := r.inside(acc, h)
			for i, v := range in {
				out[i] = v*gates[i/r.Block] + before[i]
			}
		}
		r.clearBorder(y, h)
	}
}

func dots(y, a, b, acc []float32, r Rows) {
	single := r.single()
	for h := range r.Count {
		left, right := r.inside(a, h), r.inside(b, h)
		out := single.inside(y, h)
		for i := range out {
			total := 0.0
			for j := i * r.Block; j < (i+1)*r.Block; j++ {
				total += float64(left[j]) * float64(right[j])
			}
			if acc != nil {
				total += float64(single.inside(acc, h)[i])
			}
			out[i] = float32(total)
		}
		single.clearBorder(y, h)
	}
}
