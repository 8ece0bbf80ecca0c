package conformance

import (
	"fmt"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// ignore marks pixels of a target whose rows have w pixels: "some", whole rows, beginnings, ends and single pixels, or
// "all".
func ignore(target []float32, which string, w int) {
	for i := range target {
		row, column := i/w, i%w
		switch {
		case which == "all",
			which == "some" && (row%4 == 1 || row%4 == 2 && (column < 3 || column >= w-2) ||
				row%4 == 3 && column%5 == 2):
			target[i] = -1
		}
	}
}

func vectorTests() (tests []test) {
	for _, s := range [][3]int{{1, 5, 7}, {3, 4, 4}, {2, 60, 37}, {1, 1, 1}} {
		n, h, w := s[0], s[1], s[2]
		for _, v := range []struct {
			weights calls.LossWeights
			ignored string
		}{
			{calls.LossWeights{BCE: 1}, ""},
			{calls.LossWeights{Dice: 1}, ""},
			{calls.LossWeights{BCE: 0.5, Dice: 2}, ""},
			{calls.LossWeights{BCE: 1}, "some"},
			{calls.LossWeights{BCE: 0.5, Dice: 2}, "some"},
			{calls.LossWeights{BCE: 0.5, Dice: 2}, "all"},
		} {
			weights := v.weights
			add := func(call string, build func(b *bench, logits, target *device.Tensor)) {
				name := fmt.Sprintf("%s/%dx1x%dx%d BCE %v Dice %v", call, n, h, w, weights.BCE, weights.Dice) +
					option(v.ignored != "", " ignoring "+v.ignored)
				tests = append(tests, test{name, func(b *bench) {
					logits, target := random("logits", n*h*w), random("target", n*h*w)
					for i := range target {
						logits[i] *= 20 // to both ends of the sigmoid
						if target[i] > 0 {
							target[i] = 1
						} else {
							target[i] = 0
						}
					}
					ignore(target, v.ignored, w)
					build(b, b.featuresOf("logits", logits, n, 1, h, w), b.featuresOf("target", target, n, 1, h, w))
				}, false})
			}
			add("loss", func(b *bench, logits, target *device.Tensor) {
				b.call(&calls.Loss{Weights: weights, Logits: logits, Target: target, Loss: b.plainResult("loss", nil)})
			})
			add("loss gradient", func(b *bench, logits, target *device.Tensor) {
				b.call(&calls.LossGrad{
					Weights: weights, Logits: logits, Target: target,
					DLogits: b.result("gradient", nil, n, 1, h, w),
				})
			})
			add("scores", func(b *bench, logits, target *device.Tensor) {
				b.call(&calls.Scores{Logits: logits, Target: target, Scores: b.plainResult("scores", nil, 2)})
			})
			add("sigmoid", func(b *bench, logits, _ *device.Tensor) {
				b.call(&calls.Sigmoid{Logits: logits, P: b.result("p", logits, n, 1, h, w)})
			})
		}
	}
	tests = append(tests,
		test{"loss gradient given a gradient", func(b *bench) {
			logits, target := b.features("logits", 2, 1, 4, 5), b.featuresOf("target", make([]float32, 40), 2, 1, 4, 5)
			b.call(&calls.LossGrad{
				Weights: calls.LossWeights{BCE: 1, Dice: 1}, Logits: logits, Target: target, Grad: b.plain("grad"),
				DLogits: b.result("gradient", nil, 2, 1, 4, 5),
			})
		}, false},
		test{"weighted sum", func(b *bench) {
			terms := []*device.Tensor{b.plain("a"), b.plain("b")}
			b.call(&calls.Combine{Terms: terms, Factors: []float64{0.3, 2}, Y: b.plainResult("y", nil)})
		}, false},
		test{"scale", func(b *bench) {
			acc := b.plain("acc")
			b.call(&calls.Scale{X: b.plain("x"), Acc: acc, Factor: 0.7, Y: b.plainResult("y", acc)})
		}, false},
	)
	for _, n := range []int{1, 15, 16, 1000, 20003} {
		tests = append(tests, test{fmt.Sprintf("update/%d", n), func(b *bench) {
			param, v := b.plain("param", n), b.plain("v", n)
			b.buffers["param"], b.buffers["v"] = param.Buffer, v.Buffer
			b.call(&calls.Update{
				Of: "sgd", Param: param, Grad: b.plain("grad", n), Numbers: b.plain("numbers", 1),
				State: []*device.Tensor{v},
				Formula: func(numbers []float64, w, g float64, state []float64) float64 {
					state[0] = 0.9*state[0] + g
					return w - numbers[0]*state[0]
				},
			})
		}, false})
		tests = append(tests,
			test{fmt.Sprintf("penalize/%d", n), func(b *bench) {
				grad := b.plain("grad", n)
				b.buffers["grad"] = grad.Buffer
				b.call(&calls.Penalize{Param: b.plain("param", n), Grad: grad, Decay: 0.3})
			}, false},
			test{fmt.Sprintf("shrink/%d", n), func(b *bench) {
				param := b.plain("param", n)
				b.buffers["param"] = param.Buffer
				b.call(&calls.Shrink{Param: param, Fraction: b.plain("fraction", 1)})
			}, false},
		)
		for _, largest := range []float64{0.01, 1e9} {
			tests = append(tests, test{fmt.Sprintf("clip/%d to %g", n, largest), func(b *bench) {
				grad := b.plain("grad", n)
				b.buffers["grad"] = grad.Buffer
				b.call(&calls.Clip{Grad: grad, Max: largest})
			}, false})
		}
		for _, before := range []float32{0, 0.75} {
			tests = append(tests, test{fmt.Sprintf("accumulate/%d on %g", n, before), func(b *bench) {
				mean, shares := b.plain("mean", n), b.buffer("shares", device.Plain, []float32{before, 1 - before}, 2)
				b.buffers["mean"] = mean.Buffer
				b.call(&calls.Accumulate{Grad: b.plain("grad", n), Mean: mean, Shares: shares})
			}, false})
		}
		tests = append(tests, test{fmt.Sprintf("Adam/%d", n), func(b *bench) {
			param, m, v := b.plain("param", n), b.plain("m", n), b.positive("v", n)
			b.buffers["param"], b.buffers["m"], b.buffers["v"] = param.Buffer, m.Buffer, v.Buffer
			rates := b.buffer("rates", device.Plain, []float32{1e-2, 1.5}, 2)
			b.call(&calls.Adam{
				Param: param, Grad: b.plain("grad", n), M: m, V: v, Rates: rates, Beta1: 0.9,
				Beta2: 0.999, Epsilon: 1e-8,
			})
		}, false})
	}
	return tests
}
