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

// TestGradients compares every registered loss, and sums of them, with finite differences in float64.
func TestGradients(t *testing.T) {
	for _, text := range append(losses.Names(), "bce+dice", "0.5*bce + dice", "0.3*focal + 2*tversky + bce") {
		t.Run(text, func(t *testing.T) { checkGradient(t, text) })
	}
}

func checkGradient(t *testing.T, text string) {
	sum, err := losses.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var params layers.Params
	b := layers.NewBuilder(&params, true, tensor.Float64)
	image, target := b.Input("image", 3, 1, 4, 5), b.Input("target", 3, 1, 4, 5)
	logits := b.ConvOnto("probe", image, image, 1, false) // w·image + image
	loss := sum.Build(b, logits, target)
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	weight := b.Parameters()["probe.weight"]
	grads, err := exec.Differentiate(loss, G.Nodes{weight})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	values := func(n int, draw func() float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = draw()
		}
		return out
	}
	let := func(n *G.Node, data []float64) {
		if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
	}
	w := []float64{0.4}
	let(weight, w)
	let(image, values(60, func() float64 { return 2 * random.NormFloat64() }))
	let(target, values(60, func() float64 { return float64(random.IntN(2)) }))
	vm := G.NewTapeMachine(b.Graph())
	defer vm.Close()
	value := func(at float64) float64 {
		w[0] = at
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return loss.Value().Data().(float64)
	}
	const h = 1e-5
	want := (value(0.4+h) - value(0.4-h)) / (2 * h)
	value(0.4)
	if got := grads[0].Value().Data().([]float64)[0]; math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
		t.Errorf("gradient %.12g, finite difference %.12g", got, want)
	}
}

// TestParseNamesWhatIsWrong and lists the alternatives.
func TestParseNamesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":             `"" is no loss; there are bce, dice`,
		"focall":       `"focall" is no loss; there are bce, dice`,
		"bce+":         `"" is no loss`,
		"bce + bce":    "bce occurs twice",
		"-1*bce":       `the factor "-1" is no number above 0`,
		"x*dice + bce": `the factor "x" is no number above 0`,
		"nan*dice":     `the factor "nan" is no number above 0`,
	} {
		if _, err := losses.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): error %v, expected one with %s", text, err, want)
		}
	}
}
