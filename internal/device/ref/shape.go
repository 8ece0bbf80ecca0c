package ref

import "r2unet/internal/device"

func add[T Float](call *device.Add, at Memory[T]) {
	a, b, y := at.features(call.A), at.features(call.B), at.features(call.Y)
	for n := range y.n {
		for c := range y.c {
			pa, pb, py := a.plane(n, c), b.plane(n, c), y.plane(n, c)
			for i := range py {
				py[i] = pa[i] + pb[i]
			}
		}
	}
}

func concat[T Float](call *device.Concat, at Memory[T]) {
	a, b, y := at.features(call.A), at.features(call.B), at.features(call.Y)
	for n := range y.n {
		for c := range y.c {
			if c < a.c {
				copy(y.plane(n, c), a.plane(n, c))
			} else {
				copy(y.plane(n, c), b.plane(n, c-a.c))
			}
		}
	}
}

func slice[T Float](call *device.Slice, at Memory[T]) {
	x, y := at.features(call.X), at.features(call.Y)
	for n := range y.n {
		for c := range y.c {
			copy(y.plane(n, c), x.plane(n, call.Start+c))
		}
	}
}

func maxPool[T Float](call *device.MaxPool, at Memory[T]) {
	x, y := at.features(call.X), at.features(call.Y)
	for n := range y.n {
		for c := range y.c {
			in, out := x.plane(n, c), y.plane(n, c)
			for h := range y.h {
				for w := range y.w {
					out[h*y.w+w] = in[firstMaximum(in, x.w, h, w)]
				}
			}
		}
	}
}

// firstMaximum is the index of the first maximum, in row-major order, of window (h, w) of a plane that is `width` wide.
func firstMaximum[T Float](plane []T, width, h, w int) int {
	best := 2*h*width + 2*w
	for _, i := range [3]int{best + 1, best + width, best + width + 1} {
		if plane[i] > plane[best] {
			best = i
		}
	}
	return best
}

func maxPoolGrad[T Float](call *device.MaxPoolGrad, at Memory[T]) {
	x, dy, dx := at.features(call.X), at.features(call.DY), at.features(call.DX)
	start(dx, at.features(call.Acc))
	for n := range dy.n {
		for c := range dy.c {
			in, d, out := x.plane(n, c), dy.plane(n, c), dx.plane(n, c)
			for h := range dy.h {
				for w := range dy.w {
					out[firstMaximum(in, x.w, h, w)] += d[h*dy.w+w]
				}
			}
		}
	}
}

func channelSum[T Float](call *device.ChannelSum, at Memory[T]) {
	x, acc, out := at.features(call.X), at.plain(call.Acc), at.plain(call.Sum)
	for c := range x.c {
		sum := 0.0
		for n := range x.n {
			for _, v := range x.plane(n, c) {
				sum += float64(v)
			}
		}
		if acc != nil {
			sum += float64(acc[c])
		}
		out[c] = T(sum)
	}
}
