package losses_test

import (
	"fmt"
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

// TestGradients compares every registered loss, some with parameters, and sums of them with finite differences in
// float64: with and without ignored pixels, among them a whole image.
func TestGradients(t *testing.T) {
	for _, text := range append(
		losses.Names(), "bce+dice", "0.5*bce + dice", "0.3*focal + 2*tversky + bce", "bce(pos-weight=5)",
		"bce(pos-weight=batch)", "dice(per=image)", "dice(smooth=1e-5)", "focal(gamma=0)", "focal(gamma=1.5,alpha=0.25)",
		"tversky(alpha=0.7,beta=0.4,per=image)", "focal-tversky(power=2)", "jaccard(per=image)", "mcc(per=image)",
		"cldice(iterations=1,smooth=0.1)",
	) {
		for _, ignored := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/ignored=%v", text, ignored), func(t *testing.T) { checkGradient(t, text, ignored) })
		}
	}
}

func checkGradient(t *testing.T, text string, ignored bool) {
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
	truth := values(60, func() float64 { return float64(random.IntN(2)) })
	if ignored {
		for i := range truth {
			if i >= 40 || i%7 == 3 {
				truth[i] = -1
			}
		}
	}
	let(target, truth)
	vm := G.NewTapeMachine(b.Graph())
	defer func() { _ = vm.Close() }()
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

// TestCanonicalText: a run's identity depends neither on spaces nor on defaults that are written.
func TestCanonicalText(t *testing.T) {
	for text, want := range map[string]string{
		"bce":                                "bce",
		" 0.5*bce + dice ":                   "0.5*bce+dice",
		"bce(pos-weight=1.0)":                "bce",
		"1*tversky(beta=0.7)":                "tversky",
		"2*bce(pos-weight=batch)":            "2*bce(pos-weight=batch)",
		"dice(smooth=1e-5,per=image) + dice": "dice(per=image,smooth=1e-05)+dice",
	} {
		if sum, err := losses.Parse(text); err != nil || sum.String() != want {
			t.Errorf("%q: %q, error %v, expected %q", text, sum, err, want)
		}
	}
}

// TestParseNamesWhatIsWrong and lists the alternatives.
func TestParseNamesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":             `"" is no loss; there are bce, `,
		"focall":       `"focall" is no loss (did you mean focal?); there are bce, `,
		"bce+":         `"" is no loss`,
		"dise":         `"dise" is no loss (did you mean dice?); there are bce,`,
		"Dice":         `"Dice" is no loss (did you mean dice?)`,
		"bce+dice(1)":  `"1" is not of the form key=value`,
		"mcc(x=1)":     `mcc has no parameter "x"; there are: per, smooth`,
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
