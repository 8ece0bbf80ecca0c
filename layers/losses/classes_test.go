package losses_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/exec"
	"r2unet/layers"
	"r2unet/layers/losses"
)

// TestGradientsOfClasses compares every registered loss of four classes with finite differences in float64, with
// ignored pixels.
func TestGradientsOfClasses(t *testing.T) {
	checked := 0
	for _, text := range append(losses.Names(), "cross-entropy+dice", "focal(gamma=0.5)", "dice(per=image)+jaccard") {
		sum, err := losses.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Check(4) == nil {
			checked++
			t.Run(text, func(t *testing.T) { checkClassGradient(t, sum) })
		}
	}
	if checked < 6 {
		t.Errorf("%d losses of several classes, expected at least cross-entropy, dice, focal and sums", checked)
	}
}

func checkClassGradient(t *testing.T, sum losses.Sum) {
	b := layers.NewBuilder(&layers.Params{}, true, tensor.Float64)
	image, target := b.Input("image", 3, 1, 4, 5), b.Input("target", 3, 1, 4, 5)
	loss := sum.Build(b, b.Project("probe", image, 4), target)
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	weight, bias := b.Parameters()["probe.weight"], b.Parameters()["probe.bias"]
	grads, err := exec.Differentiate(loss, G.Nodes{weight})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	let := func(n *G.Node, draw func() float64) []float64 {
		data := make([]float64, n.Shape().TotalSize())
		for i := range data {
			data[i] = draw()
		}
		if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
		return data
	}
	let(image, random.NormFloat64)
	let(bias, random.NormFloat64)
	let(target, func() float64 { return float64(random.IntN(5) - 1) }) // −1 is ignored
	w := let(weight, random.NormFloat64)
	vm := G.NewTapeMachine(b.Graph())
	defer func() { _ = vm.Close() }()
	value := func() float64 {
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return loss.Value().Data().(float64)
	}
	for i, kept := range w {
		const h = 1e-5
		w[i] = kept + h
		up := value()
		w[i] = kept - h
		down := value()
		w[i] = kept
		value()
		want := (up - down) / (2 * h)
		if got := grads[0].Value().Data().([]float64)[i]; math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("class %d: gradient %.12g, finite difference %.12g", i, got, want)
		}
	}
}

// TestImagesThatAreIgnoredAreNoPartOfTheMean: a batch with such an image has the loss of the batch without it.
func TestImagesThatAreIgnoredAreNoPartOfTheMean(t *testing.T) {
	value := func(text string, images int) float64 {
		sum, err := losses.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		b := layers.NewBuilder(&layers.Params{}, true, tensor.Float64)
		logits, target := b.Input("logits", images, 3, 2, 2), b.Input("target", images, 1, 2, 2)
		loss := sum.Build(b, logits, target)
		if b.Err() != nil {
			t.Fatal(b.Err())
		}
		z, truth := make([]float64, images*12), make([]float64, images*4)
		for i := range z {
			z[i] = math.Sin(float64(i))
		}
		for i := range truth {
			truth[i] = float64(i % 3)
			if i >= 8 {
				truth[i] = -1
			}
		}
		for n, data := range map[*G.Node][]float64{logits: z, target: truth} {
			if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))); err != nil {
				t.Fatal(err)
			}
		}
		vm := G.NewTapeMachine(b.Graph())
		defer func() { _ = vm.Close() }()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return loss.Value().Data().(float64)
	}
	for _, text := range []string{"dice(per=image)", "dice", "cross-entropy"} {
		if with, without := value(text, 3), value(text, 2); with != without {
			t.Errorf("%s: %g with an ignored image, %g without", text, with, without)
		}
	}
}

// TestLossesOfOneClassAreRefusedForSeveral, with the names of those that would do.
func TestLossesOfOneClassAreRefusedForSeveral(t *testing.T) {
	for text, want := range map[string]string{
		"bce":           `"bce": the loss bce is of one foreground class, and there are 3 classes; there are cross-entropy, dice`,
		"dice+0.5*bce":  "the loss bce is of one foreground class",
		"cross-entropy": "",
		"dice + focal":  "",
	} {
		sum, err := losses.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		switch err := sum.Check(3); {
		case want == "" && err != nil:
			t.Errorf("%s of three classes: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s of three classes: error %v, expected one with %s", text, err, want)
		}
		if err := sum.Check(2); err != nil {
			t.Errorf("%s of two classes: %v", text, err)
		}
	}
}
