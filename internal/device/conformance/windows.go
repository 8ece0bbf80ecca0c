package conformance

import (
	"fmt"

	"r2unet/internal/calls"
)

// windowTests tests convolutions with windows: those that have kernels on some device over shapes of every class,
// others over one.
func windowTests() (tests []test) {
	window := func(kernel, stride, dilation, groups int) calls.Window {
		return calls.Window{Kernel: kernel, Stride: stride, Dilation: dilation, Groups: groups}
	}
	tests = append(tests, windowTest(window(5, 1, 1, 1), 2, 6, 4, 6, 8)...)
	tests = append(tests, windowTest(window(3, 1, 1, 2), 2, 6, 4, 6, 8)...)
	tests = append(tests, windowTest(window(3, 1, 1, 3), 2, 3, 6, 6, 8)...)
	tests = append(tests, windowTest(window(3, 2, 2, 1), 1, 16, 16, 7, 8)...)
	tests = append(tests, windowTest(window(3, 2, 1, 16), 1, 16, 16, 6, 8)...)
	for _, s := range [][4]int{
		{2, 3, 6, 8}, {1, 6, 7, 5}, {3, 8, 1, 1}, {1, 16, 5, 1}, {2, 16, 1, 9}, {3, 24, 12, 13}, {1, 40, 33, 50},
	} {
		n, c, h, w := s[0], s[1], s[2], s[3]
		tests = append(tests, windowTest(window(3, 1, 1, c), n, c, c, h, w)...)
	}
	for _, s := range [][5]int{
		{2, 6, 4, 6, 8},
		{1, 1, 16, 7, 9},
		{3, 3, 8, 5, 1},
		{2, 8, 3, 1, 6},
		{1, 16, 40, 11, 12},
		{3, 24, 16, 9, 7},
		{1, 40, 24, 2, 3},
		{2, 16, 16, 33, 50},
		{2, 64, 64, 16, 16},
	} {
		for _, w := range []calls.Window{
			window(3, 2, 1, 1), window(3, 3, 1, 1), window(3, 1, 2, 1), window(3, 1, 4, 1), window(3, 1, 7, 1),
			window(3, 2, 3, 1), window(1, 2, 1, 1),
		} {
			tests = append(tests, windowTest(w, s[0], s[1], s[2], s[3], s[4])...)
		}
	}
	return tests
}

// windowTest tests a convolution from `in` to `out` channels and its gradients, alone and added to others.
func windowTest(w calls.Window, n, in, out, height, width int) (tests []test) {
	h, wd := w.Out(height), w.Out(width)
	shape := []int{out, in / w.Groups, w.Kernel, w.Kernel}
	for _, more := range []bool{false, true} {
		add := func(call, options string, build func(b *bench)) {
			tests = append(tests, test{
				fmt.Sprintf("%v%s/%dx%dto%dx%dx%d%s", w, call, n, in, out, height, width, option(more, options)), build,
				n*out*h*wd*in/w.Groups*w.Kernel*w.Kernel >= large,
			})
		}
		add("", " bias", func(b *bench) {
			call := &calls.Convolve{Window: w, X: b.features("x", n, in, height, width), W: b.plain("w", shape...)}
			if more {
				call.Bias = b.plain("bias", out)
			}
			call.Y = b.result("y", nil, n, out, h, wd)
			b.call(call)
		})
		add(" data gradient", " accumulated", func(b *bench) {
			call := &calls.ConvolveGradX{Window: w, DY: b.features("dy", n, out, h, wd), W: b.plain("w", shape...)}
			if more {
				call.Acc = b.features("acc", n, in, height, width)
			}
			call.DX = b.result("dx", call.Acc, n, in, height, width)
			b.call(call)
		})
		add(" weight gradient", " accumulated", func(b *bench) {
			call := &calls.ConvolveGradW{
				Window: w, DY: b.features("dy", n, out, h, wd), X: b.features("x", n, in, height, width),
			}
			if more {
				call.Acc = b.plain("acc", shape...)
			}
			call.DW = b.plainResult("dw", call.Acc, shape...)
			b.call(call)
		})
	}
	return tests
}
