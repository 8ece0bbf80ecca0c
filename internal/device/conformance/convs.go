package conformance

import (
	"fmt"

	"r2unet/internal/calls"
)

// convolutions are shapes of every class: samples, channels in and out, height, width.
var convolutions = [][5]int{
	{2, 1, 16, 7, 9},
	{1, 3, 16, 6, 5},
	{1, 16, 1, 8, 7},
	{2, 3, 3, 4, 6},
	{1, 1, 1, 3, 3},
	{2, 20, 10, 5, 6},
	{2, 4, 5, 5, 5},
	{3, 16, 16, 12, 13},
	{2, 32, 16, 6, 6},
	{5, 16, 48, 3, 3},
	{1, 64, 32, 1, 1},
	{2, 48, 80, 2, 6},
	{1, 16, 16, 33, 50},
	{4, 128, 128, 6, 6},
	{2, 8, 8, 9, 14},
	{1, 16, 7, 5, 11},
	{1, 6, 20, 6, 7},
}

// fusions are the operations that can be fused into a convolution.
var fusions = []struct {
	name                                                  string
	bias, addend, stats, norm, last, residual, z, y, same bool
	function                                              calls.Function
}{
	{name: "plain", z: true},
	{name: "bias", bias: true, z: true},
	{name: "statistics", addend: true, stats: true, z: true},
	{name: "bias, statistics", bias: true, stats: true, z: true},
	{name: "ReLU", bias: true, y: true},
	{name: "norm, ReLU", norm: true, y: true},
	{name: "norm, ReLU, residual", addend: true, norm: true, residual: true, y: true},
	{name: "all", bias: true, addend: true, stats: true, norm: true, residual: true, z: true, y: true},
	{name: "identity", norm: true, residual: true, y: true, function: calls.Identity},
	{name: "norm last", bias: true, norm: true, last: true, residual: true, y: true},
	{name: "norm last, kept", bias: true, addend: true, norm: true, last: true, z: true, y: true},
	{name: "identity of the sum", bias: true, residual: true, z: true, y: true, function: calls.Identity},
	{name: "own statistics", stats: true, norm: true, residual: true, z: true, y: true, same: true},
	{name: "own statistics, identity", stats: true, norm: true, z: true, y: true, same: true, function: calls.Identity},
}

func convTests() (tests []test) {
	for _, s := range convolutions {
		n, in, out, h, w := s[0], s[1], s[2], s[3], s[4]
		for _, k := range []int{1, 3} {
			add := func(call, options string, build func(b *bench)) {
				tests = append(tests, test{
					fmt.Sprintf("%s %dx%d/%dx%dto%dx%dx%d%s", call, k, k, n, in, out, h, w, options), build,
					n*in*out*h*w*k*k >= large,
				})
			}
			for _, f := range fusions {
				if f.same && n*h*w < 4 {
					continue // the variance of one pixel is zero, and ε alone would magnify rounding errors
				}
				add("conv", " "+f.name, func(b *bench) {
					call := &calls.Conv{
						X: b.features("x", n, in, h, w), W: b.plain("w", out, in, k, k),
						Function: f.function, NormLast: f.last,
					}
					if f.bias {
						call.Bias = b.plain("bias", out)
					}
					if f.addend {
						call.Addend = b.features("addend", n, out, h, w)
					}
					if f.stats {
						call.Stats = b.plainResult("batch", nil, 2, out)
					}
					if f.norm {
						call.Norm = b.norm(out)
					}
					if f.same {
						call.Norm.Stats = call.Stats
					}
					if f.residual {
						call.Residual = b.features("residual", n, out, h, w)
					}
					if f.z {
						call.Z = b.result("z", nil, n, out, h, w)
					}
					if f.y {
						call.Y = b.result("y", nil, n, out, h, w)
					}
					b.call(call)
				})
			}
			for _, accumulate := range []bool{false, true} {
				add("conv data gradient", option(accumulate, " accumulated"), func(b *bench) {
					call := &calls.ConvGradData{DZ: b.features("dz", n, out, h, w), W: b.plain("w", out, in, k, k)}
					if accumulate {
						call.Acc = b.features("acc", n, in, h, w)
					}
					call.DX = b.result("dx", call.Acc, n, in, h, w)
					b.call(call)
				})
				add("conv weight gradient", option(accumulate, " accumulated"), func(b *bench) {
					call := &calls.ConvGradWeight{DZ: b.features("dz", n, out, h, w), X: b.features("x", n, in, h, w)}
					if accumulate {
						call.Acc = b.plain("acc", out, in, k, k)
					}
					call.DW = b.plainResult("dw", call.Acc, out, in, k, k)
					b.call(call)
				})
			}
		}
	}
	return tests
}

func upConvTests() (tests []test) {
	for _, s := range convolutions {
		n, in, out, h, w := s[0], s[1], s[2], s[3], s[4]
		add := func(call, options string, build func(b *bench)) {
			tests = append(tests, test{
				fmt.Sprintf("%s/%dx%dto%dx%dx%d%s", call, n, in, out, h, w, options), build,
				n*in*out*h*w*4 >= large,
			})
		}
		for _, flag := range []bool{false, true} {
			add("up-conv", option(flag, " bias"), func(b *bench) {
				call := &calls.UpConv{X: b.features("x", n, in, h, w), W: b.plain("w", in, out, 2, 2)}
				if flag {
					call.Bias = b.plain("bias", out)
				}
				call.Y = b.result("y", nil, n, out, 2*h, 2*w)
				b.call(call)
			})
			add("up-conv data gradient", option(flag, " accumulated"), func(b *bench) {
				call := &calls.UpConvGradData{DY: b.features("dy", n, out, 2*h, 2*w), W: b.plain("w", in, out, 2, 2)}
				if flag {
					call.Acc = b.features("acc", n, in, h, w)
				}
				call.DX = b.result("dx", call.Acc, n, in, h, w)
				b.call(call)
			})
			add("up-conv weight gradient", option(flag, " accumulated"), func(b *bench) {
				call := &calls.UpConvGradWeight{DY: b.features("dy", n, out, 2*h, 2*w), X: b.features("x", n, in, h, w)}
				if flag {
					call.Acc = b.plain("acc", in, out, 2, 2)
				}
				call.DW = b.plainResult("dw", call.Acc, in, out, 2, 2)
				b.call(call)
			})
		}
	}
	return tests
}
