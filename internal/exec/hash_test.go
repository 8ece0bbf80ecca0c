package exec

import (
	"fmt"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestDistinctHashesRefusesACollision: two nodes of different graphs with the same name, type and shape have the same
// hash, as two nodes of one graph have by chance once in a few thousand graphs.
func TestDistinctHashesRefusesACollision(t *testing.T) {
	input := func(name string) *G.Node {
		return G.NewTensor(G.NewGraph(), tensor.Float32, 1, G.WithShape(3), G.WithName(name))
	}
	var nodes G.Nodes
	for i := range 100 {
		nodes = append(nodes, input(fmt.Sprint("input", i)))
	}
	if err := distinctHashes(nodes); err != nil {
		t.Fatal(err)
	}
	if err := distinctHashes(append(nodes, input("input7"))); err == nil ||
		!strings.Contains(err.Error(), "the same hash") {
		t.Errorf("error %v", err)
	}
}
