package exec

import (
	"slices"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// bound is a buffer.
type bound struct{ device.Buffer }

// splitting is a device that keeps parts of eight channels apart.
type splitting struct{ device.Device }

func (splitting) Parts() int { return 8 }

// TestSmallPartsOfConcatenationsAreSplit: only where convolutions alone read the whole, and the parts are free.
func TestSmallPartsOfConcatenationsAreSplit(t *testing.T) {
	feature := func(name string, channels int) *device.Tensor {
		return &device.Tensor{Name: name, Shape: []int{1, channels, 4, 4}, Kind: device.Features}
	}
	type plan struct {
		concat *calls.Concat
		rest   []device.Call // after the concatenation and a convolution of it
	}
	w := &device.Tensor{Name: "w", Shape: []int{8, 16, 3, 3}}
	for name, c := range map[string]struct {
		change func(*plan)
		split  bool
	}{
		"convolutions": {func(p *plan) {
			p.rest = []device.Call{&calls.Conv{X: p.concat.Y, W: w, Z: feature("other", 8)}}
		}, true},
		"a part is read elsewhere": {func(p *plan) {
			p.rest = []device.Call{&calls.Add{A: p.concat.A, B: p.concat.B, Y: feature("sum", 8)}}
		}, true},
		"another reader": {func(p *plan) {
			p.rest = []device.Call{&calls.MaxPool{X: p.concat.Y, Y: feature("pooled", 16)}}
		}, false},
		"a residual": {func(p *plan) {
			x, y := feature("x", 16), feature("y", 16)
			p.rest = []device.Call{&calls.Conv{X: x, W: w, Residual: p.concat.Y, Y: y}}
		}, false},
		"a weight gradient": {func(p *plan) {
			p.rest = []device.Call{&calls.ConvGradWeight{DZ: feature("dz", 8), X: p.concat.Y, DW: w}}
		}, false},
		"a view": {func(p *plan) {
			view := feature("view", 8)
			view.Parent = p.concat.Y
			p.rest = []device.Call{&calls.Add{A: view, B: p.concat.B, Y: feature("sum", 8)}}
		}, false},
		"a view of something else": {func(p *plan) { p.concat.A.Parent = feature("parent", 16) }, false},
		"an output":                {func(p *plan) { p.concat.Y.Buffer = bound{} }, false},
		"twice the same":           {func(p *plan) { p.concat.B = p.concat.A }, false},
		"other parts":              {func(p *plan) { p.concat.A = feature("a", 6) }, false},
	} {
		p := plan{concat: &calls.Concat{A: feature("a", 8), B: feature("b", 8), Y: feature("whole", 16)}}
		c.change(&p)
		list := append([]device.Call{p.concat, &calls.Conv{X: p.concat.Y, W: w, Z: feature("z", 8)}}, p.rest...)
		if n := len(split(ref.New[float32](), slices.Clone(list))); n != len(list) {
			t.Errorf("%s: %d calls of %d on a device that keeps no parts", name, n, len(list))
		}
		n := len(list)
		list = split(splitting{ref.New[float32]()}, list)
		a, b, y := p.concat.A, p.concat.B, p.concat.Y
		if !c.split {
			if len(list) != n || y.Split != 0 || b.Parent != nil {
				t.Errorf("%s: %d calls of %d, split %d, parent %v", name, len(list), n, y.Split, b.Parent)
			}
			continue
		}
		if len(list) != n-1 || y.Split != 8 || a.Parent != y || a.Start != 0 || b.Parent != y || b.Start != 8 {
			t.Errorf("%s: %d calls of %d, split %d, parts at %d and %d", name, len(list), n, y.Split, a.Start, b.Start)
		}
	}
}
