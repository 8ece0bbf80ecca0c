package conformance

import "r2unet/internal/calls"

// samplingTests tests mean pooling and the gradient of putting values back to where maxima were.
func samplingTests() (tests []test) {
	for _, s := range [][4]int{{2, 5, 3, 4}, {1, 20, 5, 3}, {3, 24, 1, 1}, {2, 3, 7, 9}, {1, 16, 33, 40}} {
		n, c, h, w := s[0], s[1], s[2], s[3]
		add := func(call string, build func(b *bench)) {
			tests = append(tests, test{named(call, s, ""), build, false})
		}
		add("average pool", func(b *bench) {
			b.call(&calls.AvgPool{X: b.features("x", n, c, 2*h, 2*w), Y: b.result("y", nil, n, c, h, w)})
		})
		add("average pool gradient", func(b *bench) {
			acc := b.features("acc", n, c, 2*h, 2*w)
			b.call(&calls.AvgPoolGrad{
				DY: b.features("dy", n, c, h, w), Acc: acc, DX: b.result("dx", acc, n, c, 2*h, 2*w),
			})
		})
		add("unpool gradient", func(b *bench) {
			x, dy := b.features("x", n, c, 2*h, 2*w), b.features("dy", n, c, 2*h, 2*w)
			acc := b.features("acc", n, c, h, w)
			b.call(&calls.UnpoolGrad{X: x, DY: dy, Acc: acc, DV: b.result("dv", acc, n, c, h, w)})
		})
	}
	return tests
}
