package kernel

// under returns the row of x that a row of taps of row h of r reads, from the column of the tap for the first pixel on.
func (r Rows) under(x []float32, h, tap int) []float32 {
	return x[(h+tap/3)*r.Stride()+tap%3*r.Block:][:r.Pixels*r.Block]
}

func depthwise(y, x, acc []float32, d *Depthwise, r Rows) {
	for h := range r.Count {
		out := r.inside(y, h)
		for i := range out {
			sum := d.Bias[i%r.Block]
			if acc != nil {
				sum += acc[h*r.Stride()+r.Block+i]
			}
			out[i] = sum
		}
		for tap := range d.Taps {
			w, in := &d.Taps[tap], r.under(x, h, tap)
			if r.Block == 1 {
				for i, v := range in {
					out[i] += w[0] * v
				}
				continue
			}
			for i, v := range in {
				out[i] += w[i%r.Block] * v
			}
		}
		r.clearBorder(y, h)
	}
}

func depthwiseGrad(sums *Taps, x, dy []float32, r Rows) {
	*sums = Taps{}
	for h := range r.Count {
		d := r.inside(dy, h)
		for tap := range sums {
			sum, in := &sums[tap], r.under(x, h, tap)
			if r.Block == 1 {
				var s float32
				for i, v := range in {
					s += d[i] * v
				}
				sum[0] += s
				continue
			}
			for i, v := range in {
				sum[i%r.Block] += d[i] * v
			}
		}
	}
}
