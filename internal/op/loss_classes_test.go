package op

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/calls"
)

func init() {
	shapes := [][]int{{2, 4, 3, 3}, {2, 1, 3, 3}}
	focal := func(logp float64) float64 { return -math.Pow(1-math.Exp(logp), 2) * logp }
	slope := func(logp float64) float64 {
		p := math.Exp(logp)
		return 2*(1-p)*p*logp - (1-p)*(1-p)
	}
	gradientCases = append(gradientCases, gradientCase{
		name: "pixel loss of classes", shapes: shapes,
		build: func(in []*G.Node) (*G.Node, error) {
			letClasses(in[1], 4)
			return ClassPixelLoss("focal", in[0], in[1], focal, slope)
		},
	})
	for _, perImage := range []bool{false, true} {
		gradientCases = append(gradientCases, gradientCase{
			name: "region loss of classes" + map[bool]string{true: " per image"}[perImage], shapes: shapes,
			build: func(in []*G.Node) (*G.Node, error) {
				letClasses(in[1], 4)
				return ClassRegionLoss("product", in[0], in[1], perImage,
					func(r calls.Region) float64 { return r.Both*r.Predicted + r.True*r.Predicted + r.Pixels*r.Both },
					func(r calls.Region) (both, predicted float64) {
						return r.Predicted + r.Pixels, r.Both + r.True
					})
			},
		})
	}
}

// letClasses sets the input behind a node of a gradient case to classes, of which −1 is ignored.
func letClasses(n *G.Node, classes int) {
	random := rand.New(rand.NewPCG(4, 4))
	data := n.Op().(*Op).Inputs()[0].Value().Data().([]float64)
	for i := range data {
		data[i] = float64(random.IntN(classes+1) - 1)
	}
}

// TestLossesOfClassesOverNothing: a batch of which every pixel is ignored has no loss, and no gradient.
func TestLossesOfClassesOverNothing(t *testing.T) {
	g := G.NewGraph()
	input := func(name string, value float64, shape ...int) *G.Node {
		n := G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
		data := make([]float64, tensor.Shape(shape).TotalSize())
		for i := range data {
			data[i] = value * float64(i%5)
		}
		if err := G.Let(n, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
		return n
	}
	logits, zero, target := input("logits", 1, 1, 3, 2, 2), input("zero", 0, 1, 3, 2, 2), input("target", 0, 1, 1, 2, 2)
	for i := range target.Value().Data().([]float64) {
		target.Value().Data().([]float64)[i] = -1
	}
	z, err := accumulate(logits, zero)
	if err != nil {
		t.Fatal(err)
	}
	identity := func(x float64) float64 { return x }
	one := func(float64) float64 { return 1 }
	loss, err := ClassPixelLoss("identity", z, target, identity, one)
	if err != nil {
		t.Fatal(err)
	}
	o := loss.Op().(*Op)
	grads, err := o.SymDiffAcc(o.Inputs(), loss, nil, make(G.Nodes, 2))
	if err != nil {
		t.Fatal(err)
	}
	scores, err := ClassScores(z, target)
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer func() { _ = vm.Close() }()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*G.Node{loss, grads[0], scores} {
		for _, v := range floats(t, n) {
			if v != 0 {
				t.Errorf("%v over ignored pixels is %v, expected zeros", n, v)
				break
			}
		}
	}
}

// TestOperatorsOfClassesRefuseWrongShapes: a target has one channel, and logits several.
func TestOperatorsOfClassesRefuseWrongShapes(t *testing.T) {
	g := G.NewGraph()
	node := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	one, three := node("one", 1, 1, 4, 4), node("three", 1, 3, 4, 4)
	for _, pair := range [][2]*G.Node{{one, one}, {three, three}, {three, node("odd", 1, 1, 4, 5)}} {
		if _, err := ClassScores(pair[0], pair[1]); err == nil {
			t.Errorf("logits %v with a target %v: no error", pair[0].Shape(), pair[1].Shape())
		}
		if _, err := ClassPixelLoss("x", pair[0], pair[1], nil, nil); err == nil {
			t.Errorf("loss of logits %v with a target %v: no error", pair[0].Shape(), pair[1].Shape())
		}
	}
}
