package onnx

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Versions of the format, and the numbers of its element types.
const (
	irVersion = 8
	opset     = 17

	typeFloat = 1
	typeInt64 = 7
)

// About is what a file says beside the graph.
type About struct {
	Name     string            // of the graph
	Doc      string            // for people
	Metadata map[string]string // for programs
}

// Encode returns the file of a graph, or the first error in building it. The same graph gives the same bytes.
func (g *Graph) Encode(about About) ([]byte, error) {
	if g.err != nil {
		return nil, g.err
	}
	var m message
	m.integer(1, irVersion)
	m.text(2, "r2unet")
	m.text(6, about.Doc)
	m.bytes(7, g.encode(about.Name))
	var set message
	set.bytes(1, nil) // ONNX's own operators
	set.integer(2, opset)
	m.bytes(8, set)
	for _, key := range slices.Sorted(maps.Keys(about.Metadata)) {
		var entry message
		entry.text(1, key)
		entry.text(2, about.Metadata[key])
		m.bytes(14, entry)
	}
	return m, nil
}

func (g *Graph) encode(name string) message {
	var m message
	used := map[string]bool{}
	for _, n := range g.nodes {
		m.bytes(1, n.encode())
		for _, in := range n.inputs {
			used[in] = true
		}
	}
	m.text(2, name)
	for _, c := range g.constants {
		if used[c.name] {
			m.bytes(5, c.encode())
		}
	}
	for _, v := range g.inputs {
		m.bytes(11, v.encode())
	}
	for _, v := range g.outputs {
		m.bytes(12, v.encode())
	}
	return m
}

func (n node) encode() message {
	var m message
	m.texts(1, n.inputs)
	m.texts(2, n.outputs)
	m.text(3, n.outputs[0])
	m.text(4, n.operator)
	for _, a := range n.attributes {
		m.bytes(5, a.encode())
	}
	return m
}

func (a Attribute) encode() message {
	var m message
	m.text(1, a.name)
	switch a.kind {
	case kindFloat:
		m.float(2, a.float)
	case kindInteger:
		m.integer(3, a.whole[0])
	case kindText:
		m.text(4, a.text)
	case kindList:
		m.integers(8, a.whole)
	}
	m.integer(20, a.kind)
	return m
}

func (t tensor) encode() message {
	var m message
	dims := make([]int64, len(t.shape))
	for i, d := range t.shape {
		dims[i] = int64(d)
	}
	m.integers(1, dims)
	var raw []byte
	if t.floats != nil {
		m.integer(2, typeFloat)
		for _, v := range t.floats {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	} else {
		m.integer(2, typeInt64)
		for _, v := range t.whole {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
		}
	}
	m.text(8, t.name)
	m.bytes(9, raw)
	return m
}

func (v value) encode() message {
	var shape message
	for _, d := range v.dims {
		var dim message
		if n, err := strconv.ParseInt(d, 10, 64); err == nil {
			dim.integer(1, n)
		} else {
			dim.text(2, d)
		}
		shape.bytes(1, dim)
	}
	var array, kind, m message
	array.integer(1, typeFloat)
	array.bytes(2, shape)
	kind.bytes(1, array)
	m.text(1, v.name)
	m.bytes(2, kind)
	return m
}
