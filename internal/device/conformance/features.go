package conformance

import (
	"fmt"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// featureTests tests gates, means, upsampling, dropout and functions.
func featureTests() (tests []test) {
	for _, s := range [][4]int{{2, 5, 3, 3}, {1, 8, 4, 6}, {2, 16, 6, 8}, {1, 20, 7, 5}, {1, 24, 13, 40}} {
		n, c, h, w := s[0], s[1], s[2], s[3]
		add := func(call, options string, build func(b *bench)) {
			tests = append(tests, test{named(call, s, options), build, false})
		}
		for _, gate := range [][3]int{{c, h, w}, {1, h, w}, {c, 1, 1}} {
			shape := []int{n, gate[0], gate[1], gate[2]}
			add("multiply", fmt.Sprintf(" by %v", gate), func(b *bench) {
				b.call(&calls.Multiply{
					X: b.features("x", n, c, h, w), G: b.features("g", shape...),
					Y: b.result("y", nil, n, c, h, w),
				})
			})
			add("multiply gradient", fmt.Sprintf(" by %v", gate), func(b *bench) {
				dy, acc := b.features("dy", n, c, h, w), b.features("acc", n, c, h, w)
				b.call(&calls.MultiplyGradX{
					G: b.features("g", shape...), DY: dy, Acc: acc,
					DX: b.result("dx", acc, n, c, h, w),
				})
			})
			add("gate gradient", fmt.Sprintf(" of %v", gate), func(b *bench) {
				x, dy, acc := b.features("x", n, c, h, w), b.features("dy", n, c, h, w), b.features("acc", shape...)
				b.call(&calls.MultiplyGradG{X: x, DY: dy, Acc: acc, DG: b.result("dg", acc, shape...)})
			})
		}
		add("global mean", "", func(b *bench) {
			b.call(&calls.GlobalMean{X: b.features("x", n, c, h, w), Y: b.result("y", nil, n, c, 1, 1)})
		})
		add("global mean gradient", "", func(b *bench) {
			acc := b.features("acc", n, c, h, w)
			b.call(&calls.GlobalMeanGrad{
				DY: b.features("dy", n, c, 1, 1), Acc: acc,
				DX: b.result("dx", acc, n, c, h, w),
			})
		})
		for _, bilinear := range []bool{false, true} {
			add("upsample", option(bilinear, " bilinear"), func(b *bench) {
				b.call(&calls.Upsample{
					X: b.features("x", n, c, h, w), Y: b.result("y", nil, n, c, 2*h, 2*w),
					Bilinear: bilinear,
				})
			})
			add("upsample gradient", option(bilinear, " bilinear"), func(b *bench) {
				acc := b.features("acc", n, c, h, w)
				b.call(&calls.UpsampleGrad{
					DY: b.features("dy", n, c, 2*h, 2*w), Acc: acc, DX: b.result("dx", acc, n, c, h, w),
					Bilinear: bilinear,
				})
			})
		}
		for _, channels := range []bool{false, true} {
			step := func(b *bench) *device.Tensor { return b.buffer("step", device.Plain, []float32{41}, 1) }
			add("dropout", option(channels, " of channels"), func(b *bench) {
				x := b.features("x", n, c, h, w)
				b.call(&calls.Dropout{
					X: x, Step: step(b), Y: b.result("y", x, n, c, h, w), Rate: 0.3,
					Channels: channels, Seed: 5,
				})
			})
			add("dropout gradient", option(channels, " of channels"), func(b *bench) {
				dy, acc := b.features("dy", n, c, h, w), b.features("acc", n, c, h, w)
				b.call(&calls.DropoutGrad{
					DY: dy, Step: step(b), Acc: acc, DX: b.result("dx", acc, n, c, h, w), Rate: 0.3,
					Channels: channels, Seed: 5,
				})
			})
		}
		for _, f := range calls.Functions() {
			add("activate", " "+f.String(), func(b *bench) {
				b.call(&calls.Activate{
					Z: b.features("z", n, c, h, w), Norm: b.norm(c), Function: f,
					Y: b.result("y", nil, n, c, h, w),
				})
			})
			add("activate gradient", " "+f.String(), func(b *bench) {
				z, dy := b.features("z", n, c, h, w), b.features("dy", n, c, h, w)
				b.call(&calls.ActivateGrad{Z: z, Function: f, DY: dy, DZ: b.result("dz", dy, n, c, h, w)})
			})
			for _, normed := range []bool{false, true} {
				add("activate gradient", option(normed, " norm")+" accumulated, "+f.String(), func(b *bench) {
					z, dy := b.features("z", n, c, h, w), b.features("dy", n, c, h, w)
					call := &calls.ActivateGrad{Z: z, Function: f, DY: dy, Acc: b.features("acc", n, c, h, w)}
					if normed {
						call.Norm, call.Sums = b.norm(c), b.plain("sums", 2, c)
					}
					call.DZ = b.result("dz", call.Acc, n, c, h, w)
					b.call(call)
				})
			}
			add("activate", " accumulated, "+f.String(), func(b *bench) {
				z, residual := b.features("z", n, c, h, w), b.features("residual", n, c, h, w)
				b.call(&calls.Activate{
					Z: z, Function: f, Residual: residual, Y: b.result("y", residual, n, c, h, w),
				})
			})
			add("activate gradient sums", " "+f.String(), func(b *bench) {
				z, dy := b.features("z", n, c, h, w), b.features("dy", n, c, h, w)
				b.call(&calls.NormGradSums{
					Z: z, Norm: b.norm(c), Function: f, DY: dy,
					Sums: b.plainResult("sums", nil, 2, c),
				})
			})
		}
	}
	return tests
}
