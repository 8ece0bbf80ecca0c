// Package onnx writes networks as ONNX files. It knows nothing of networks: each operator of package calls that
// prediction uses has a method ONNX, which adds its nodes to a Graph.
//
// The files are of opset 17 and IR version 8, of January 2022, which every current runtime reads.
package onnx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An Operator is a call that ONNX has too.
type Operator interface {
	// ONNX adds the call to a graph: it reads its inputs under the names of their tensors, and gives its result the
	// name of its own by Let.
	ONNX(g *Graph)
}

// Graph is a graph of ONNX's operators, which grows node by node. Its methods remember the first error; Encode returns
// it.
type Graph struct {
	nodes     []node
	named     map[string]string // tensors of calls by name: the outputs of nodes that compute them
	known     map[string]bool   // inputs, initializers and outputs of nodes
	constants []tensor
	inputs    []value
	outputs   []value
	err       error
}

// node applies an operator. It has the name of its first output.
type node struct {
	operator        string
	inputs, outputs []string
	attributes      []Attribute
}

// value is an input or output of the graph, float32. A dimension is a number, or a name if it may vary.
type value struct {
	name string
	dims []string
}

// tensor is an initializer; one of its data is set.
type tensor struct {
	name   string
	shape  []int
	floats []float32
	whole  []int64
}

// NewGraph returns an empty graph.
func NewGraph() *Graph { return &Graph{named: map[string]string{}, known: map[string]bool{}} }

// Node adds a node and returns its output. Inputs are names of tensors, of outputs, of constants, or "" where an
// optional one is absent.
func (g *Graph) Node(operator string, inputs []string, attributes ...Attribute) string {
	return g.Nodes(operator, 1, inputs, attributes...)[0]
}

// Nodes is Node for an operator with several outputs.
func (g *Graph) Nodes(operator string, outputs int, inputs []string, attributes ...Attribute) []string {
	n := node{operator: operator, attributes: attributes}
	for _, in := range inputs {
		n.inputs = append(n.inputs, g.resolve(in))
	}
	for i := range outputs {
		name := fmt.Sprintf("%s_%d", operator, len(g.nodes))
		if i > 0 {
			name += "_" + strconv.Itoa(i)
		}
		g.known[name] = true
		n.outputs = append(n.outputs, name)
	}
	g.nodes = append(g.nodes, n)
	return n.outputs
}

// Let gives an output the name of a call's tensor, under which later calls find it.
func (g *Graph) Let(tensor, output string) {
	if g.named[tensor] != "" {
		g.fail("tensor %s is computed twice", tensor)
	}
	g.named[tensor] = output
}

// resolve returns the output that computes a tensor; constants and inputs have their own names.
func (g *Graph) resolve(name string) string {
	if output := g.named[name]; output != "" {
		return output
	}
	if name != "" && !g.known[name] {
		g.fail("tensor %s is used before it is computed", name)
	}
	return name
}

// Input adds an input of float32. Dimensions are numbers, or names if they may vary.
func (g *Graph) Input(name string, dims ...string) {
	g.known[name] = true
	g.inputs = append(g.inputs, value{name, dims})
}

// Output makes a tensor an output of the graph, under another name. No call may read it.
func (g *Graph) Output(name, tensor string, dims ...string) {
	from := g.resolve(tensor)
	for _, n := range g.nodes {
		if slices.Contains(n.inputs, from) {
			g.fail("output %s is also read in the graph", tensor)
		}
		for i, output := range n.outputs {
			if output == from {
				n.outputs[i] = name
			}
		}
	}
	g.outputs = append(g.outputs, value{name, dims})
}

// Tensor adds a parameter, row-major.
func (g *Graph) Tensor(name string, shape []int, data []float32) {
	g.constant(tensor{name: name, shape: shape, floats: data})
}

// Floats returns the name of a constant vector.
func (g *Graph) Floats(values ...float32) string {
	name := "floats" + digits(values)
	g.constant(tensor{name: name, shape: []int{len(values)}, floats: values})
	return name
}

// Integers returns the name of a constant vector of int64.
func (g *Graph) Integers(values ...int64) string {
	name := "integers" + digits(values)
	g.constant(tensor{name: name, shape: []int{len(values)}, whole: values})
	return name
}

// constant adds an initializer unless it is there. The name of a constant contains its values.
func (g *Graph) constant(t tensor) {
	if !g.known[t.name] {
		g.known[t.name] = true
		g.constants = append(g.constants, t)
	}
}

// digits returns the values of a constant, for its name; of many equal ones their number.
func digits[T int64 | float32](values []T) string {
	if n := len(values); n > 4 && slices.Min(values) == slices.Max(values) {
		return fmt.Sprintf("_%d_times_%v", n, values[0])
	}
	return "_" + strings.Join(strings.Fields(strings.Trim(fmt.Sprint(values), "[]")), "_")
}

func (g *Graph) fail(format string, about ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("onnx: "+format, about...)
	}
}

// Attribute is a setting of a node.
type Attribute struct {
	name  string
	kind  int64 // as AttributeProto numbers them
	whole []int64
	float float32
	text  string
}

// The numbers of AttributeProto for the kinds of attributes.
const (
	kindFloat   = 1
	kindInteger = 2
	kindText    = 3
	kindList    = 7
)

// Int is an attribute of one whole number.
func Int(name string, v int) Attribute {
	return Attribute{name: name, kind: kindInteger, whole: []int64{int64(v)}}
}

// Ints is an attribute of several whole numbers.
func Ints(name string, values ...int) Attribute {
	a := Attribute{name: name, kind: kindList}
	for _, v := range values {
		a.whole = append(a.whole, int64(v))
	}
	return a
}

// Float is an attribute of one number.
func Float(name string, v float64) Attribute {
	return Attribute{name: name, kind: kindFloat, float: float32(v)}
}

// Text is an attribute of a word.
func Text(name, v string) Attribute { return Attribute{name: name, kind: kindText, text: v} }
