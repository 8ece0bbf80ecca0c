package exec

import (
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// TestConvolutionsTakeTheNormBehindTheirFunction: norm(ReLU(z)) + residual becomes part of the convolution, unless the
// ReLU's result has another reader, or something that the norm or the sum needs is computed later.
func TestConvolutionsTakeTheNormBehindTheirFunction(t *testing.T) {
	feature := func(name string) *device.Tensor {
		return &device.Tensor{Name: name, Shape: []int{1, 1, 4, 4}, Kind: device.Features}
	}
	plain := func(name string, shape ...int) *device.Tensor { return &device.Tensor{Name: name, Shape: shape} }
	x, z, h, y, other := feature("x"), feature("z"), feature("h"), feature("y"), feature("other")
	norm := &calls.Norm{Stats: plain("stats", 2, 1), Gamma: plain("gamma", 1), Beta: plain("beta", 1)}
	activation := func(change func(*calls.Activate)) *calls.Activate {
		a := &calls.Activate{Z: h, Norm: norm, Function: calls.Identity, Residual: x, Y: y}
		change(a)
		return a
	}
	same := func(*calls.Activate) {}
	parent := &device.Tensor{Name: "parent", Shape: []int{1, 2, 4, 4}, Kind: device.Features}
	part, beside := feature("part"), feature("beside")
	part.Parent, beside.Parent, beside.Start = parent, parent, 1
	for name, c := range map[string]struct {
		rest []device.Call // after the convolution and its ReLU
		want int           // calls
		last bool
	}{
		"norm": {[]device.Call{activation(same)}, 1, true},
		"norm of the batch": {
			[]device.Call{&calls.BatchStats{Z: h, Stats: norm.Stats}, activation(same)}, 3, false,
		},
		"result read elsewhere": {[]device.Call{activation(same), &calls.Add{A: h, B: y, Y: other}}, 3, false},
		"another function": {
			[]device.Call{activation(func(a *calls.Activate) { a.Function = calls.ReLU })}, 2, false,
		},
		"residual of parts computed later": {
			[]device.Call{
				&calls.Add{A: x, B: x, Y: part},
				activation(func(a *calls.Activate) { a.Residual = parent }),
			}, 3, false,
		},
		"residual beside a part computed later": {
			[]device.Call{
				&calls.Add{A: x, B: x, Y: part},
				activation(func(a *calls.Activate) { a.Residual = beside }),
			}, 2, true,
		},
		"residual computed later": {
			[]device.Call{
				&calls.Add{A: x, B: x, Y: other},
				activation(func(a *calls.Activate) { a.Residual = other }),
			}, 3, false,
		},
	} {
		conv := &calls.Conv{X: x, W: plain("w", 1, 1, 3, 3), Z: z}
		plan := fuse(append([]device.Call{conv, &calls.Activate{Z: z, Y: h}}, c.rest...))
		if len(plan) != c.want || conv.NormLast != c.last || conv.Z != nil || conv.Stats != nil {
			t.Errorf("%s: %d calls, want %d; norm last is %v; z %v, statistics %v", name, len(plan), c.want,
				conv.NormLast, conv.Z, conv.Stats)
		}
		if c.last && (conv.Y != y || conv.Residual == nil || conv.Norm != norm || conv.Function != calls.ReLU) {
			t.Errorf("%s: %+v", name, conv)
		}
	}

	// What already has a residual is not the argument of a norm.
	conv, first := &calls.Conv{X: x, W: plain("w", 1, 1, 3, 3), Z: z}, &calls.Activate{Z: z, Residual: other, Y: h}
	plan := fuse([]device.Call{conv, first, activation(same)})
	if len(plan) != 2 || conv.NormLast || conv.Residual != other || conv.Y != h {
		t.Errorf("two residuals: %d calls, %+v", len(plan), conv)
	}
}
