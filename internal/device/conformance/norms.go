package conformance

import "r2unet/internal/calls"

func normTests() (tests []test) {
	for _, s := range shapes {
		n, c, h, w := s[0], s[1], s[2], s[3]
		add := func(call, options string, build func(b *bench)) {
			tests = append(tests, test{named(call, s, options), build, false})
		}
		add("batch statistics", "", func(b *bench) {
			values := random("z", n*c*h*w)
			for i := range values { // far from zero, where sums of squares lose digits
				values[i] += 30
			}
			b.call(&calls.BatchStats{
				Z:     b.featuresOf("z", values, n, c, h, w),
				Stats: b.plainResult("stats", nil, 2, c),
			})
		})
		add("running statistics", "", func(b *bench) {
			running := b.positive("running", 2, c)
			b.buffers["running"] = running.Buffer
			b.call(&calls.UpdateRunning{
				Stats: b.positive("batch", 2, c), Running: running, Momentum: 0.1,
				Count: max(2, n*h*w),
			})
		})
		add("norm + ReLU gradient sums", "", func(b *bench) {
			z, dy := b.features("z", n, c, h, w), b.features("dy", n, c, h, w)
			b.call(&calls.NormGradSums{Z: z, Norm: b.norm(c), DY: dy, Sums: b.plainResult("sums", nil, 2, c)})
		})
		for mask := range 4 {
			normed, more := mask&1 != 0, mask&2 != 0
			add("activate", option(normed, " norm")+option(more, " residual"), func(b *bench) {
				call := &calls.Activate{Z: b.features("z", n, c, h, w)}
				over := call.Z
				if normed {
					call.Norm = b.norm(c)
				}
				if more {
					call.Residual = b.features("residual", n, c, h, w)
					over = call.Residual
				}
				call.Y = b.result("y", over, n, c, h, w)
				b.call(call)
			})
			add("activate gradient", option(normed, " norm")+option(more, " accumulated"), func(b *bench) {
				call := &calls.ActivateGrad{Z: b.features("z", n, c, h, w), DY: b.features("dy", n, c, h, w)}
				over := call.DY
				if normed {
					call.Norm, call.Sums = b.norm(c), b.plain("sums", 2, c)
				}
				if more {
					call.Acc = b.features("acc", n, c, h, w)
					over = call.Acc
				}
				call.DZ = b.result("dz", over, n, c, h, w)
				b.call(call)
			})
		}
	}
	return tests
}
