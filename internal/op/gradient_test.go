package op

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"r2unet/internal/calls"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gradientCase is one operator with input shapes; nil stands for an absent optional input.
type gradientCase struct {
	name   string
	shapes [][]int
	build  func(in []*G.Node) (*G.Node, error)
	binary []int // inputs in {0, 1}
	once   bool  // the inputs cannot be used twice
}

var gradientCases = []gradientCase{
	{"conv 3x3", [][]int{{2, 3, 5, 4}, {4, 3, 3, 3}, nil, nil}, buildConv, nil, false},
	{"conv 3x3 with bias and addend", [][]int{{2, 3, 4, 5}, {2, 3, 3, 3}, {2}, {2, 2, 4, 5}}, buildConv, nil, false},
	{"conv 3x3 on one pixel", [][]int{{2, 3, 1, 1}, {2, 3, 3, 3}, {2}, nil}, buildConv, nil, false},
	{"conv 1x1 with bias", [][]int{{2, 3, 4, 4}, {5, 3, 1, 1}, {5}, nil}, buildConv, nil, false},
	{"up-conv", [][]int{{2, 3, 2, 3}, {3, 2, 2, 2}, {2}}, func(in []*G.Node) (*G.Node, error) {
		return UpConv(in[0], in[1], in[2])
	}, nil, false},
	{"max-pool", [][]int{{2, 2, 4, 6}}, func(in []*G.Node) (*G.Node, error) { return MaxPool(in[0]) }, nil, false},
	{"concatenation", [][]int{{2, 2, 3, 3}, {2, 3, 3, 3}}, func(in []*G.Node) (*G.Node, error) {
		return Concat(in[0], in[1])
	}, nil, false},
	{
		"ReLU",
		[][]int{{2, 2, 3, 3}, nil},
		func(in []*G.Node) (*G.Node, error) { return Activate(in[0], nil, calls.ReLU, in[1]) }, nil, false,
	},
	{"ReLU with residual", [][]int{{2, 2, 3, 3}, {2, 2, 3, 3}}, func(in []*G.Node) (*G.Node, error) {
		return Activate(in[0], nil, calls.ReLU, in[1])
	}, nil, false},
	{"batch norm and ReLU", [][]int{{2, 3, 4, 3}, nil, {3}, {3}}, buildNorm(calls.ReLU), nil, true},
	{
		"batch norm and ReLU with residual",
		[][]int{{2, 3, 4, 3}, {2, 3, 4, 3}, {3}, {3}},
		buildNorm(calls.ReLU), nil, true,
	},
	{"batch norm", [][]int{{2, 3, 4, 3}, nil, {3}, {3}}, buildNorm(calls.Identity), nil, true},
	{"batch norm and SiLU", [][]int{{2, 3, 4, 3}, nil, {3}, {3}}, buildNorm(calls.SiLU), nil, true},
	{"leaky ReLU", [][]int{{2, 2, 3, 3}}, buildActivation(calls.Leaky), nil, false},
	{"ELU", [][]int{{2, 2, 3, 3}}, buildActivation(calls.ELU), nil, false},
	{"SiLU", [][]int{{2, 2, 3, 3}}, buildActivation(calls.SiLU), nil, false},
	{"sigmoid", [][]int{{2, 2, 3, 3}}, buildActivation(calls.Logistic), nil, false},
	{
		"sum",
		[][]int{{2, 2, 3, 3}, {2, 2, 3, 3}},
		func(in []*G.Node) (*G.Node, error) { return Sum(in[0], in[1]) },
		nil, false,
	},
	{"product", [][]int{{2, 2, 3, 3}, {2, 2, 3, 3}}, buildMultiply, nil, false},
	{"product with one channel", [][]int{{2, 3, 2, 3}, {2, 1, 2, 3}}, buildMultiply, nil, false},
	{"product with one pixel", [][]int{{2, 3, 2, 3}, {2, 3, 1, 1}}, buildMultiply, nil, false},
	{"product of single pixels", [][]int{{2, 3, 1, 1}, {2, 3, 1, 1}}, buildMultiply, nil, false},
	{
		"global mean",
		[][]int{{2, 3, 2, 3}},
		func(in []*G.Node) (*G.Node, error) { return GlobalMean(in[0]) },
		nil, false,
	},
	{"upsample nearest", [][]int{{2, 2, 3, 2}}, buildUpsample(false), nil, false},
	{"upsample bilinear", [][]int{{2, 2, 3, 1}}, buildUpsample(true), nil, false},
	{"dropout", [][]int{{2, 3, 3, 3}, {1}}, buildDropout(false), []int{1}, false},
	{"dropout of channels", [][]int{{2, 3, 3, 3}, {1}}, buildDropout(true), []int{1}, false},
	{
		"conv 5x5",
		[][]int{{2, 2, 5, 4}, {3, 2, 5, 5}, {3}},
		buildConvolve(calls.Window{Kernel: 5, Stride: 1, Dilation: 1, Groups: 1}), nil, false,
	},
	{
		"conv 3x3 with stride",
		[][]int{{2, 2, 4, 6}, {3, 2, 3, 3}, {3}},
		buildConvolve(calls.Window{Kernel: 3, Stride: 2, Dilation: 1, Groups: 1}), nil, false,
	},
	{
		"dilated conv",
		[][]int{{2, 2, 5, 4}, {3, 2, 3, 3}, nil},
		buildConvolve(calls.Window{Kernel: 3, Stride: 1, Dilation: 2, Groups: 1}), nil, false,
	},
	{
		"conv in groups",
		[][]int{{2, 4, 3, 3}, {4, 2, 3, 3}, {4}},
		buildConvolve(calls.Window{Kernel: 3, Stride: 1, Dilation: 1, Groups: 2}), nil, false,
	},
	{
		"depthwise conv",
		[][]int{{2, 3, 3, 3}, {3, 1, 3, 3}, nil},
		buildConvolve(calls.Window{Kernel: 3, Stride: 1, Dilation: 1, Groups: 3}), nil, false,
	},
	{"weighted sum of scalars", [][]int{{}, {}}, func(in []*G.Node) (*G.Node, error) {
		return Combine([]*G.Node{in[0], in[1]}, []float64{0.3, 2})
	}, nil, false},
	{"cross-entropy", [][]int{{2, 1, 3, 3}, {2, 1, 3, 3}}, buildLoss(calls.LossWeights{BCE: 1}), []int{1}, false},
	{"Dice", [][]int{{2, 1, 3, 3}, {2, 1, 3, 3}}, buildLoss(calls.LossWeights{Dice: 1}), []int{1}, false},
	{
		"cross-entropy and Dice",
		[][]int{{2, 1, 3, 3}, {2, 1, 3, 3}},
		buildLoss(calls.LossWeights{BCE: 0.3, Dice: 2}),
		[]int{1},
		false,
	},
	{"pixel loss", [][]int{{2, 1, 3, 3}, {2, 1, 3, 3}}, func(in []*G.Node) (*G.Node, error) {
		return PixelLoss("square", in[0], in[1], func(z, t float64) float64 { return (z - t) * (z - t) },
			func(z, t float64) float64 { return 2 * (z - t) }, nil)
	}, []int{1}, false},
	{"weighted pixel loss", [][]int{{2, 1, 3, 3}, {2, 1, 3, 3}}, func(in []*G.Node) (*G.Node, error) {
		return PixelLoss("square", in[0], in[1], func(z, t float64) float64 { return (z - t) * (z - t) },
			func(z, t float64) float64 { return 2 * (z - t) },
			func(positives, negatives float64) float64 { return 3 + negatives/(positives+1) })
	}, []int{1}, false},
	{"clDice", [][]int{{2, 1, 6, 5}, {2, 1, 6, 5}}, func(in []*G.Node) (*G.Node, error) {
		return CLDice(in[0], in[1], 2, 1)
	}, []int{1}, false},
	{"region loss", [][]int{{2, 1, 3, 3}, {2, 1, 3, 3}}, buildRegionLoss(false), []int{1}, false},
	{"region loss per image", [][]int{{2, 1, 3, 3}, {2, 1, 3, 3}}, buildRegionLoss(true), []int{1}, false},
}

func buildConv(in []*G.Node) (*G.Node, error) { return Conv(in[0], in[1], in[2], in[3]) }

func buildNorm(f calls.Function) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) {
		stats, err := BatchStats(in[0])
		if err != nil {
			return nil, err
		}
		return Activate(in[0], &Norm{Stats: stats, Gamma: in[2], Beta: in[3], OverBatch: true}, f, in[1])
	}
}

func buildActivation(f calls.Function) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) { return Activate(in[0], nil, f, nil) }
}

func buildConvolve(w calls.Window) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) { return Convolve(in[0], in[1], in[2], w) }
}

func buildMultiply(in []*G.Node) (*G.Node, error) { return Multiply(in[0], in[1]) }

func buildUpsample(bilinear bool) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) { return Upsample(in[0], bilinear) }
}

func buildDropout(channels bool) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) { return Dropout(in[0], in[1], 0.4, channels, 7) }
}

func buildLoss(w calls.LossWeights) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) { return Loss(in[0], in[1], w) }
}

func buildRegionLoss(perImage bool) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) {
		return RegionLoss("product", in[0], in[1], perImage,
			func(r calls.Region) float64 { return r.Both * r.Predicted },
			func(r calls.Region) (both, predicted float64) { return r.Predicted, r.Both })
	}
}

// TestGradientsAgreeWithFiniteDifferences checks every operator in float64 under Gorgonia's TapeMachine, with and
// without a gradient accumulated before.
func TestGradientsAgreeWithFiniteDifferences(t *testing.T) {
	for _, c := range gradientCases {
		for _, accumulated := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/accumulated=%v", c.name, accumulated), func(t *testing.T) {
				if accumulated && c.once {
					return // gamma and beta belong to one application, so that nothing was accumulated before
				}
				checkGradient(t, c, accumulated)
			})
		}
	}
}

// differentiated is an operator's graph with the gradients of Σ dy·out.
type differentiated struct {
	graph    *G.ExprGraph
	sources  []*G.Node // what is varied
	in       []*G.Node // what the operator sees
	out, dy  *G.Node
	acc      G.Nodes // gradients that were accumulated before
	children G.Nodes
	grads    G.Nodes
}

// differentiate builds a case over random numbers.
func differentiate(t *testing.T, c gradientCase, accumulated bool) differentiated {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(len(c.name))))
	g := G.NewGraph()
	input := func(name string, shape []int) *G.Node {
		data := make([]float64, tensor.Shape(shape).TotalSize())
		for i := range data {
			data[i] = random.NormFloat64()
		}
		n := G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
		if err := G.Let(n, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
		return n
	}
	d := differentiated{graph: g, sources: make([]*G.Node, len(c.shapes)), in: make([]*G.Node, len(c.shapes))}
	for i, shape := range c.shapes {
		if shape == nil {
			continue
		}
		d.in[i] = input(fmt.Sprintf("in%d", i), shape)
		d.sources[i] = d.in[i]
		if len(shape) == 4 { // behind another operator, or a convolution would omit its data gradient
			var err error
			zero := input(fmt.Sprintf("zero%d", i), shape)
			clear(floats(t, zero))
			if d.in[i], err = accumulate(d.in[i], zero); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, i := range c.binary {
		data := floats(t, d.sources[i])
		for j := range data {
			data[j] = float64(random.IntN(2))
		}
	}
	var err error
	if d.out, err = c.build(d.in); err != nil {
		t.Fatal(err)
	}
	d.dy = input("dy", d.out.Shape())

	o := d.out.Op().(*Op)
	d.children = o.Inputs()
	d.acc = make(G.Nodes, len(d.children))
	for i, child := range d.children {
		if accumulated && o.DiffWRT(len(d.children))[i] {
			d.acc[i] = input(fmt.Sprintf("acc%d", i), child.Shape())
		}
	}
	if d.grads, err = o.SymDiffAcc(d.children, d.out, d.dy, d.acc); err != nil {
		t.Fatal(err)
	}
	return d
}

func checkGradient(t *testing.T, c gradientCase, accumulated bool) {
	d := differentiate(t, c, accumulated)
	vm := G.NewTapeMachine(d.graph)
	defer vm.Close()
	run := func() {
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	value := func() float64 { // Σ dy·out
		run()
		sum := 0.0
		weights := floats(t, d.dy)
		for i, v := range floats(t, d.out) {
			sum += v * weights[i]
		}
		return sum
	}
	checked := 0
	for i, child := range d.children {
		if d.grads[i] == nil {
			continue
		}
		source := child
		if at := slices.Index(d.in, child); at >= 0 {
			source = d.sources[at]
		}
		run()
		got := slices.Clone(floats(t, d.grads[i]))
		data := floats(t, source)
		for e := range data {
			const h = 1e-5
			kept := data[e]
			data[e] = kept + h
			up := value()
			data[e] = kept - h
			down := value()
			data[e] = kept
			want := (up - down) / (2 * h)
			if d.acc[i] != nil {
				want += floats(t, d.acc[i])[e]
			}
			if math.Abs(got[e]-want) > 1e-7*(1+math.Abs(want)) {
				t.Fatalf("input %d, element %d: gradient %.10g, finite difference %.10g", i, e, got[e], want)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Fatal("no gradient was checked")
	}
}

// floats returns the values of a node, also of a scalar; writing to them changes the node.
func floats(t *testing.T, n *G.Node) []float64 {
	t.Helper()
	switch v := n.Value().(type) {
	case *G.F64:
		return unsafe.Slice((*float64)(v), 1)
	case *tensor.Dense:
		return v.Float64s()
	}
	t.Fatalf("%v has a value of type %T", n, n.Value())
	return nil
}

// TestOperatorsRefuseWrongShapes: wrong shapes are reported when the graph is built.
func TestOperatorsRefuseWrongShapes(t *testing.T) {
	g := G.NewGraph()
	node := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	x, odd, w := node("x", 1, 3, 4, 4), node("odd", 1, 3, 5, 4), node("w", 2, 3, 3, 3)
	for name, build := range map[string]func() (*G.Node, error){
		"weight of other channels":  func() (*G.Node, error) { return Conv(x, node("w4", 2, 4, 3, 3), nil, nil) },
		"kernel of size 5":          func() (*G.Node, error) { return Conv(x, node("w5", 2, 3, 5, 5), nil, nil) },
		"bias of another length":    func() (*G.Node, error) { return Conv(x, w, node("b", 3), nil) },
		"addend of another size":    func() (*G.Node, error) { return Conv(x, w, nil, odd) },
		"pooling an odd height":     func() (*G.Node, error) { return MaxPool(odd) },
		"joining other sizes":       func() (*G.Node, error) { return Concat(x, odd) },
		"up-conv of other channels": func() (*G.Node, error) { return UpConv(x, node("u", 2, 3, 2, 2), nil) },
		"loss over two channels":    func() (*G.Node, error) { return Loss(x, x, calls.LossWeights{BCE: 1}) },
		"loss of nothing": func() (*G.Node, error) {
			l := node("l", 1, 1, 4, 4)
			return Loss(l, l, calls.LossWeights{})
		},
		"statistics of one value": func() (*G.Node,
			error,
		) {
			return UpdateRunning(node("s", 2, 3), node("r", 2, 3), 1)
		},
	} {
		if _, err := build(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
