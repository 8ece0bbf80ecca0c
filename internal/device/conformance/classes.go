package conformance

import (
	"fmt"
	"math"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// classTests tests softmax, losses and scores of several classes, with pixels that are ignored.
func classTests() (tests []test) {
	for _, s := range [][4]int{{3, 3, 5, 7}, {2, 18, 6, 4}, {1, 4, 1, 1}} {
		n, k, h, w := s[0], s[1], s[2], s[3]
		add := func(call, options string, build func(b *bench, logits, target *device.Tensor)) {
			tests = append(tests, test{named(call, s, options), func(b *bench) {
				truth := random("target", n*h*w)
				for i, v := range truth {
					truth[i] = float32(int(math.Abs(float64(v))*100)%(k+1) - 1) // −1 is ignored
				}
				build(b, b.features("logits", n, k, h, w), b.featuresOf("target", truth, n, 1, h, w))
			}, false})
		}
		add("softmax", "", func(b *bench, logits, _ *device.Tensor) {
			b.call(&calls.Softmax{Logits: logits, P: b.result("p", nil, n, k, h, w)})
		})
		add("scores of classes", "", func(b *bench, logits, target *device.Tensor) {
			b.call(&calls.ClassScores{Logits: logits, Target: target, Scores: b.plainResult("scores", nil, 2)})
		})
		add("pixel loss of classes", "", func(b *bench, logits, target *device.Tensor) {
			b.call(&calls.ClassPixelLoss{
				Of: "square", Value: func(logp float64) float64 { return logp * logp },
				Logits: logits, Target: target, Loss: b.plainResult("loss", nil),
			})
		})
		for _, given := range []bool{false, true} {
			grad := func(b *bench) *device.Tensor {
				if given {
					return b.plain("grad")
				}
				return nil
			}
			add("pixel loss gradient of classes", option(given, " given a gradient"),
				func(b *bench, logits, target *device.Tensor) {
					b.call(&calls.ClassPixelLossGrad{
						Of: "square", Slope: func(logp float64) float64 { return 2 * logp },
						Logits: logits, Target: target, Grad: grad(b), DLogits: b.result("gradient", nil, n, k, h, w),
					})
				})
			for _, perImage := range []bool{false, true} {
				options := fmt.Sprintf("%s%s", option(perImage, " per image"), option(given, " given a gradient"))
				add("region loss gradient of classes", options, func(b *bench, logits, target *device.Tensor) {
					b.call(&calls.ClassRegionLossGrad{
						Of: "recall", Slope: recallSlope, PerImage: perImage, Logits: logits, Target: target,
						Grad: grad(b), DLogits: b.result("gradient", nil, n, k, h, w),
					})
				})
			}
		}
		for _, perImage := range []bool{false, true} {
			add("region loss of classes", option(perImage, " per image"),
				func(b *bench, logits, target *device.Tensor) {
					b.call(&calls.ClassRegionLoss{
						Of: "recall", Value: recall, PerImage: perImage, Logits: logits, Target: target,
						Loss: b.plainResult("loss", nil),
					})
				})
		}
	}
	return tests
}

func recall(r calls.Region) float64 { return 1 - (r.Both+1)/(r.True+r.Predicted/2+1) }

func recallSlope(r calls.Region) (both, predicted float64) {
	size := r.True + r.Predicted/2 + 1
	return -1 / size, (r.Both + 1) / (2 * size * size)
}
