package conformance

import (
	"fmt"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// shapes are maps of every class: one channel, few, whole and partial blocks, several blocks; odd sizes, narrow ones,
// more rows than a piece of work.
var shapes = [][4]int{
	{1, 1, 5, 7},
	{3, 3, 4, 6},
	{2, 5, 3, 3},
	{2, 16, 6, 8},
	{2, 20, 7, 5},
	{1, 32, 1, 9},
	{3, 48, 6, 6},
	{1, 16, 70, 61},
	{2, 1, 40, 37},
}

func named(call string, shape [4]int, options string) string {
	return fmt.Sprintf("%s/%dx%dx%dx%d%s", call, shape[0], shape[1], shape[2], shape[3], options)
}

func mapTests() (tests []test) {
	for _, s := range shapes {
		n, c, h, w := s[0], s[1], s[2], s[3]
		add := func(call, options string, build func(b *bench)) {
			tests = append(tests, test{named(call, s, options), build, false})
		}
		add("add", "", func(b *bench) {
			x, y := b.features("a", n, c, h, w), b.features("b", n, c, h, w)
			b.call(&calls.Add{A: x, B: y, Y: b.result("y", x, n, c, h, w)})
		})
		add("max-pool", "", func(b *bench) {
			b.call(&calls.MaxPool{X: b.features("x", n, c, 2*h, 2*w), Y: b.result("y", nil, n, c, h, w)})
		})
		for _, accumulate := range []bool{false, true} {
			add("max-pool gradient", option(accumulate, " accumulated"), func(b *bench) {
				values := random("x", n*c*4*h*w)
				for i := range values { // many equal values, so that it matters which maximum is the first
					values[i] = float32(int(values[i]))
				}
				x, dy, acc := b.featuresOf("x", values, n, c, 2*h, 2*w), b.features("dy", n, c, h, w),
					(*device.Tensor)(nil)
				if accumulate {
					acc = b.features("acc", n, c, 2*h, 2*w)
				}
				b.call(&calls.MaxPoolGrad{X: x, DY: dy, Acc: acc, DX: b.result("dx", acc, n, c, 2*h, 2*w)})
			})
			add("channel sum", option(accumulate, " accumulated"), func(b *bench) {
				var acc *device.Tensor
				if accumulate {
					acc = b.plain("acc", c)
				}
				b.call(&calls.ChannelSum{X: b.features("x", n, c, h, w), Acc: acc, Sum: b.plainResult("sum", acc, c)})
			})
		}
		for _, more := range []int{1, 3, 16, 20} {
			add("concat", fmt.Sprintf(" and %d", more), func(b *bench) {
				x, y := b.features("a", n, c, h, w), b.features("b", n, more, h, w)
				b.call(&calls.Concat{A: x, B: y, Y: b.result("y", nil, n, c+more, h, w)})
			})
			add("slice", fmt.Sprintf(" from %d", more), func(b *bench) {
				x := b.features("x", n, c+more, h, w)
				b.call(&calls.Slice{X: x, Start: more, Y: b.result("y", nil, n, c, h, w)})
			})
		}
	}
	return tests
}

func option(on bool, name string) string {
	if on {
		return name
	}
	return ""
}
