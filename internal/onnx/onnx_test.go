package onnx

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestEncodesAsONNXItself: testdata/golden.py has written the same graph with ONNX's own library.
func TestEncodesAsONNXItself(t *testing.T) {
	g := NewGraph()
	g.Input("image", "batch", "1", "height", "width")
	g.Tensor("unused", []int{1}, []float32{7})
	g.Tensor("weight", []int{2, 1, 1, 2}, []float32{1, -2, 0.5, 3e-8})
	g.Let("z", g.Node("Conv", []string{"image", "weight"}, Ints("kernel_shape", 1, 2), Ints("pads", 0, 0, 0, 0)))
	pooled := g.Nodes("MaxPool", 2, []string{"z"}, Int("ceil_mode", 0))
	y := g.Node("LeakyRelu", pooled[:1], Float("alpha", 0.01))
	y = g.Node("Resize", []string{y, "", g.Floats(1, 1, 2, 2)}, Text("mode", "nearest"))
	g.Let("p", g.Node("Reshape", []string{y, g.Integers(0, 2, -1)}))
	g.Output("probabilities", "p", "batch", "2", "height", "width")
	got, err := g.Encode(About{Name: "example", Doc: "An example.", Metadata: map[string]string{"b": "ü", "a": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/golden.onnx")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the bytes differ:\n%q\n%q", got, want)
	}
}

func TestGraphRefusesMistakes(t *testing.T) {
	for _, c := range []struct {
		want  string
		build func(g *Graph)
	}{
		{"tensor y is used before it is computed", func(g *Graph) { g.Node("Relu", []string{"y"}) }},
		{"tensor y is computed twice", func(g *Graph) {
			for range 2 {
				g.Let("y", g.Node("Relu", []string{"x"}))
			}
		}},
		{"output y is also read in the graph", func(g *Graph) {
			g.Let("y", g.Node("Relu", []string{"x"}))
			g.Node("Relu", []string{"y"})
			g.Output("out", "y")
		}},
		{"tensor y is used before it is computed", func(g *Graph) { g.Output("out", "y") }},
	} {
		g := NewGraph()
		g.Input("x")
		c.build(g)
		if _, err := g.Encode(About{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %q", err, c.want)
		}
	}
}
