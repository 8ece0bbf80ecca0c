// Package archtest checks what every block variant must satisfy: a new block needs one test that calls Check.
package archtest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/device/ref"
	"r2unet/internal/exec"
	"r2unet/internal/model"
	"r2unet/layers"
)

// Check builds networks of the block named by c, with c's other settings and, by default, few channels, and checks on
// the reference device in float64: the logits' shape, unique parameter names of the form that checkpoints use, the same
// parameters for training and evaluation, gradients against finite differences, and that predicting an image in tiles
// gives the same as one pass.
func Check(t *testing.T, c arch.Config) {
	t.Helper()
	if c.Channels == nil {
		c.Channels = []int{2, 3}
	}
	if c.Name == "" {
		c.Name = c.Block
	}
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	params := &layers.Params{}
	n := build(t, c, params, true)
	if s, want := n.logits.Shape(), tensor.Shape(shapeOf(c)); !s.Eq(want) {
		t.Errorf("logits have shape %v, expected %v", s, want)
	}
	trained := names(params)
	build(t, c, params, false)
	if now := names(params); now != trained {
		t.Errorf("training and evaluation have other parameters:\n%s\n\n%s", trained, now)
	}
	for _, p := range params.Trainable {
		if !named.MatchString(p.Name) {
			t.Errorf("parameter %s: its name would not be found in a checkpoint", p.Name)
		}
	}
	n.checkGradients(t)
	CheckTiles(t, c)
}

// named are the names that parameters have in a checkpoint.
var named = regexp.MustCompile(`^(unet[12]\.)?(encoder|decoder|down|up|skip|heads|head)(\..+)?\.(weight|bias)$`)

// CheckTiles compares tiles with one pass: they differ if an operator reads from further away than the reach it
// declares.
func CheckTiles(t *testing.T, c arch.Config) {
	t.Helper()
	m, err := model.New(model.Config{Arch: c, InChannels: 1, Seed: 1}, ref.New[float32]())
	if err != nil {
		t.Fatal(err)
	}
	const h, w, largest = 6, 150, 16 * 16
	random := rand.New(rand.NewPCG(15, 16))
	image := model.Batch{Images: make([]float32, h*w), N: 1, C: 1, H: h, W: w}
	for i := range image.Images {
		image.Images[i] = float32(random.NormFloat64())
	}
	whole, tiles := make([]float32, h*w), make([]float32, h*w)
	if err := errors.Join(m.Predict(t.Context(), whole, image),
		m.PredictIn(t.Context(), tiles, image, largest)); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if math.Abs(float64(tiles[i]-whole[i])) > 1e-5 {
			t.Fatalf("pixel %d of row %d: %g in tiles, %g in one pass: does an operator look further than its reach?",
				i%w, i/w, tiles[i], whole[i])
		}
	}
}

func names(p *layers.Params) string {
	var b strings.Builder
	for _, list := range [][]layers.Param{p.Trainable, p.Running} {
		for _, q := range list {
			fmt.Fprintln(&b, q.Name, q.Shape)
		}
	}
	return b.String()
}

// network is a graph with values for its inputs.
type network struct {
	graph        *G.ExprGraph
	logits, loss *G.Node
	parameters   G.Nodes
}

// shapeOf is the shape of the images: small, and none of its sides the other.
func shapeOf(c arch.Config) []int { return []int{2, 1, 2 * c.Multiple(), 3 * c.Multiple()} }

func build(t *testing.T, c arch.Config, params *layers.Params, training bool) network {
	t.Helper()
	b := layers.NewBuilder(params, training, tensor.Float64)
	image := b.Input("image", shapeOf(c)...)
	logits, err := arch.Build(b, c, image)
	if err != nil {
		t.Fatal(err)
	}
	target := b.Input("target", shapeOf(c)...)
	n := network{graph: b.Graph(), logits: logits, loss: b.TotalLoss(logits, func(logits *G.Node) *G.Node {
		return b.Loss(logits, target, layers.LossWeights{BCE: 1})
	})}
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	random := rand.New(rand.NewPCG(11, 12))
	fill := func(node *G.Node, value func() float64) {
		data := make([]float64, node.Shape().TotalSize())
		for i := range data {
			data[i] = value()
		}
		if err := G.Let(node, tensor.New(tensor.WithShape(node.Shape()...), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
	}
	fill(image, random.NormFloat64)
	fill(target, func() float64 { return float64(random.IntN(2)) })
	for _, p := range params.Trainable {
		node := b.Parameters()[p.Name]
		fill(node, func() float64 { return 0.2*random.NormFloat64() + 0.1 })
		n.parameters = append(n.parameters, node)
	}
	if step := b.Step(); step != nil {
		fill(step, func() float64 { return 3 })
	}
	for _, p := range params.Running {
		fill(b.Parameters()[p.Name], func() float64 { return 1 })
	}
	return n
}

// checkGradients compares a few elements of each parameter's gradient with central differences of the loss.
func (n network) checkGradients(t *testing.T) {
	t.Helper()
	grads, err := exec.Differentiate(n.loss, n.parameters)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := exec.New(ref.New[float64](), n.graph, exec.Options{Outputs: append(G.Nodes{n.loss}, grads...)})
	if err != nil {
		t.Fatal(err)
	}
	loss := func() float64 {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return n.loss.Value().Data().(float64)
	}
	random := rand.New(rand.NewPCG(13, 14))
	for i, p := range n.parameters {
		loss()
		grad := append([]float64{}, grads[i].Value().Data().([]float64)...)
		data := p.Value().Data().([]float64)
		for range min(5, len(data)) {
			e, h := random.IntN(len(data)), 1e-6
			kept := data[e]
			data[e] = kept + h
			up := loss()
			data[e] = kept - h
			down := loss()
			data[e] = kept
			if want := (up - down) / (2 * h); math.Abs(grad[e]-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("%s[%d]: gradient %.9g, finite difference %.9g", p.Name(), e, grad[e], want)
			}
		}
	}
}
