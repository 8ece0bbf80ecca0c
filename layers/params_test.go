package layers

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"
)

// TestInitialValues: the standard deviations of the specification and of PyTorch, from streams that depend only on
// seed and name.
func TestInitialValues(t *testing.T) {
	build := func(first, second string) *Params {
		p := &Params{}
		b := NewBuilder(p, true, tensor.Float32)
		x := b.Input("image", 1, 64, 4, 4)
		for _, name := range []string{first, second} {
			b.ConvUnit(name, x, 64, NormBatch, nil)
			b.Project(name+".project", x, 64)
			b.Up(name+".up", x, 64)
		}
		if b.Err() != nil {
			t.Fatal(b.Err())
		}
		return p
	}
	p := build("a", "b")
	values, running := p.Init(5, 1)
	of := func(p *Params, flat []float32, name string) []float32 {
		for _, q := range p.Trainable {
			if q.Name == name {
				return flat[q.Offset:][:q.Elements()]
			}
		}
		t.Fatalf("no parameter %s", name)
		return nil
	}
	for name, want := range map[string]float64{
		"a.conv.weight":    math.Sqrt(2.0 / (64 * 9)),
		"a.project.weight": math.Sqrt(1.0 / (3 * 64)),
		"a.up.weight":      math.Sqrt(1.0 / (3 * 64 * 4)),
		"a.project.bias":   0,
		"a.norm.bias":      0,
	} {
		var squares float64
		v := of(p, values, name)
		for _, x := range v {
			squares += float64(x) * float64(x)
		}
		if got := math.Sqrt(squares / float64(len(v))); math.Abs(got-want) > 0.03*want {
			t.Errorf("%s: deviation %g, expected %g", name, got, want)
		}
	}
	if g := of(p, values, "a.norm.weight"); slices.Min(g) != 1 || slices.Max(g) != 1 {
		t.Error("gamma does not begin at 1")
	}
	if running[0] != 0 || running[63] != 0 || running[64] != 1 || running[127] != 1 {
		t.Error("running statistics do not begin at mean 0 and variance 1")
	}
	other := build("b", "a")
	moved, _ := other.Init(5, 1)
	if !slices.Equal(of(p, values, "b.conv.weight"), of(other, moved, "b.conv.weight")) {
		t.Error("a parameter's initial values depend on its place")
	}
	smaller, _ := p.Init(5, 0.5)
	if of(p, smaller, "a.conv.weight")[0] != of(p, values, "a.conv.weight")[0]/2 ||
		of(p, smaller, "a.up.weight")[0] != of(p, values, "a.up.weight")[0] {
		t.Error("the gain is not a factor on the 3×3 weights alone")
	}
	if again, _ := p.Init(6, 1); slices.Equal(of(p, values, "a.conv.weight"), of(p, again, "a.conv.weight")) {
		t.Error("another seed gave the same values")
	}
}

// TestBuilderKeepsTheFirstError and continues without a panic.
func TestBuilderKeepsTheFirstError(t *testing.T) {
	b := NewBuilder(&Params{}, true, tensor.Float32)
	x := b.Input("image", 2, 3, 5, 4)
	pooled := b.MaxPool(x) // an odd height
	h := b.RCL("units", pooled, 8, Recurrence{Steps: 0}, NormBatch, nil)
	b.Head(b.Concat(h, b.Up("up", h, 4)))
	if b.Err() == nil || !strings.Contains(b.Err().Error(), "max-pool: 4×5 pixels") {
		t.Errorf("error %v", b.Err())
	}
}

// TestParameterIsDeclaredOnce: two layers with the same name but different shapes are a mistake in a block.
func TestParameterIsDeclaredOnce(t *testing.T) {
	b := NewBuilder(&Params{}, true, tensor.Float32)
	x := b.Input("image", 1, 3, 4, 4)
	b.Project("p", x, 4)
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	other := NewBuilder(b.params, false, tensor.Float32)
	other.Project("p", other.Input("image", 1, 3, 4, 4), 5)
	if other.Err() == nil || !strings.Contains(other.Err().Error(), "p.weight") {
		t.Errorf("error %v", other.Err())
	}
}
