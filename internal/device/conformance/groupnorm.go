package conformance

import (
	"fmt"

	"r2unet/internal/calls"
)

// groupNormTests tests norms of groups of channels of a sample, down to groups of one channel.
func groupNormTests() (tests []test) {
	const epsilon = 1e-5
	for _, s := range [][4]int{{2, 6, 3, 5}, {1, 20, 4, 4}} {
		n, c, h, w := s[0], s[1], s[2], s[3]
		for _, groups := range []int{1, 2, c} {
			add := func(call string, build func(b *bench)) {
				tests = append(tests, test{named(call, s, fmt.Sprintf(" in %d groups", groups)), build, false})
			}
			add("group norm", func(b *bench) {
				x := b.features("x", n, c, h, w)
				b.call(&calls.GroupNorm{
					X: x, Gamma: b.plain("gamma", c), Beta: b.plain("beta", c), Y: b.result("y", x, n, c, h, w),
					Groups: groups, Epsilon: epsilon,
				})
			})
			add("group norm gradient sums", func(b *bench) {
				b.call(&calls.GroupNormGradSums{
					X: b.features("x", n, c, h, w), DY: b.features("dy", n, c, h, w),
					Sums: b.plainResult("sums", nil, 2, c), Groups: groups, Epsilon: epsilon,
				})
			})
			add("group norm gradient", func(b *bench) {
				x, dy, acc := b.features("x", n, c, h, w), b.features("dy", n, c, h, w), b.features("acc", n, c, h, w)
				b.call(&calls.GroupNormGrad{
					X: x, Gamma: b.plain("gamma", c), DY: dy, Acc: acc, DX: b.result("dx", acc, n, c, h, w),
					Groups: groups, Epsilon: epsilon,
				})
			})
		}
	}
	return tests
}
