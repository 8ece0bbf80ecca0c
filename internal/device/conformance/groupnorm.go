package conformance

import (
	"fmt"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// groupNormTests tests norms of groups of channels of a sample, down to groups of one channel, also groups across
// blocks of channels, maps of several parts, values far from zero, and factors of zero and nearly so.
func groupNormTests() (tests []test) {
	const epsilon = 1e-5
	for _, s := range [][4]int{{2, 6, 3, 5}, {1, 20, 4, 4}, {3, 24, 9, 17}, {2, 16, 40, 40}, {1, 3, 5, 4}} {
		n, c, h, w := s[0], s[1], s[2], s[3]
		far := func(b *bench) *device.Tensor {
			values := random("x", n*c*h*w)
			for i := range values {
				values[i] += 20
			}
			return b.featuresOf("x", values, n, c, h, w)
		}
		factors := func(b *bench) *device.Tensor {
			values := random("gamma", c)
			values[1], values[2] = 0, 1e-30
			return b.buffer("gamma", device.Plain, values, c)
		}
		for _, groups := range []int{1, 2, 4, c} {
			if c%groups != 0 {
				continue
			}
			add := func(call string, build func(b *bench)) {
				tests = append(tests, test{named(call, s, fmt.Sprintf(" in %d groups", groups)), build, false})
			}
			add("group norm", func(b *bench) {
				x := far(b)
				b.call(&calls.GroupNorm{
					X: x, Gamma: factors(b), Beta: b.plain("beta", c), Y: b.result("y", x, n, c, h, w),
					Groups: groups, Epsilon: epsilon,
				})
			})
			add("group norm gradient sums", func(b *bench) {
				b.call(&calls.GroupNormGradSums{
					X: far(b), DY: b.features("dy", n, c, h, w),
					Sums: b.plainResult("sums", nil, 2, c), Groups: groups, Epsilon: epsilon,
				})
			})
			add("group norm gradient", func(b *bench) {
				x, dy, acc := far(b), b.features("dy", n, c, h, w), b.features("acc", n, c, h, w)
				b.call(&calls.GroupNormGrad{
					X: x, Gamma: factors(b), DY: dy, Acc: acc, DX: b.result("dx", acc, n, c, h, w),
					Groups: groups, Epsilon: epsilon,
				})
			})
		}
	}
	return tests
}
