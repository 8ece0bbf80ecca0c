package conformance

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// generalLossTests tests the losses given as functions, for which no device has kernels.
func generalLossTests() (tests []test) {
	const n, h, w = 3, 5, 7
	square := func(z, t float64) float64 { return (z - t) * (z - t) }
	twice := func(z, t float64) float64 { return 2 * (z - t) }
	maps := func(b *bench) (logits, target *device.Tensor) {
		truth := random("target", n*h*w)
		for i, v := range truth {
			truth[i] = 0
			if v > 0 {
				truth[i] = 1
			}
		}
		ignore(truth, "some", w)
		return b.features("logits", n, 1, h, w), b.featuresOf("target", truth, n, 1, h, w)
	}
	add := func(name string, build func(b *bench, logits, target *device.Tensor)) {
		tests = append(tests, test{name, func(b *bench) {
			logits, target := maps(b)
			build(b, logits, target)
		}, false})
	}
	add("pixel loss", func(b *bench, logits, target *device.Tensor) {
		b.call(&calls.PixelLoss{
			Of: "square", Value: square, Logits: logits, Target: target,
			Loss: b.plainResult("loss", nil),
		})
	})
	add("clDice loss", func(b *bench, logits, target *device.Tensor) {
		b.call(&calls.CLDice{
			Iterations: 2, Smooth: 1, Logits: logits, Target: target, Loss: b.plainResult("loss", nil),
		})
	})
	for _, given := range []bool{false, true} {
		grad := func(b *bench) *device.Tensor {
			if given {
				return b.plain("grad")
			}
			return nil
		}
		add("pixel loss gradient"+option(given, " given a gradient"), func(b *bench, logits, target *device.Tensor) {
			b.call(&calls.PixelLossGrad{
				Of: "square", Slope: twice, Logits: logits, Target: target, Grad: grad(b),
				DLogits: b.result("gradient", nil, n, 1, h, w),
			})
		})
		add("clDice loss gradient"+option(given, " given a gradient"), func(b *bench, logits, target *device.Tensor) {
			b.call(&calls.CLDiceGrad{
				Iterations: 2, Smooth: 1, Logits: logits, Target: target, Grad: grad(b),
				DLogits: b.result("gradient", nil, n, 1, h, w),
			})
		})
		for _, perImage := range []bool{false, true} {
			options := option(perImage, " per image") + option(given, " given a gradient")
			add("region loss gradient"+options, func(b *bench, logits, target *device.Tensor) {
				b.call(&calls.RegionLossGrad{
					Of: "recall", Slope: recallSlope, PerImage: perImage, Logits: logits, Target: target, Grad: grad(b),
					DLogits: b.result("gradient", nil, n, 1, h, w),
				})
			})
		}
	}
	for _, perImage := range []bool{false, true} {
		add("region loss"+option(perImage, " per image"), func(b *bench, logits, target *device.Tensor) {
			b.call(&calls.RegionLoss{
				Of: "recall", Value: recall, PerImage: perImage, Logits: logits, Target: target,
				Loss: b.plainResult("loss", nil),
			})
		})
	}
	return tests
}
