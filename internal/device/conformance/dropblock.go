package conformance

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// dropBlockTests tests squares that fit into the map, and those that are cut to it.
func dropBlockTests() (tests []test) {
	for _, s := range [][4]int{{2, 5, 6, 7}, {1, 20, 9, 2}} {
		n, c, h, w := s[0], s[1], s[2], s[3]
		step := func(b *bench) *device.Tensor { return b.buffer("step", device.Plain, []float32{41}, 1) }
		tests = append(tests, test{named("drop-block", s, ""), func(b *bench) {
			x := b.features("x", n, c, h, w)
			b.call(&calls.DropBlock{X: x, Step: step(b), Y: b.result("y", x, n, c, h, w), Rate: 0.3, Size: 3, Seed: 5})
		}, false}, test{named("drop-block gradient", s, ""), func(b *bench) {
			dy, acc := b.features("dy", n, c, h, w), b.features("acc", n, c, h, w)
			b.call(&calls.DropBlockGrad{
				DY: dy, Step: step(b), Acc: acc, DX: b.result("dx", acc, n, c, h, w), Rate: 0.3, Size: 3, Seed: 5,
			})
		}, false})
	}
	return tests
}
