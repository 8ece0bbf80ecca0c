package exec

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/device"
	"r2unet/internal/op"
)

// float64Device is implemented by devices whose memory can be written and read in double precision: ref.
type float64Device interface {
	WriteExact(to device.Buffer, from []float64) error
	ReadExact(to []float64, from device.Buffer) error
}

func write(dev device.Device, to device.Buffer, from any) error {
	switch data := from.(type) {
	case []float32:
		return dev.Write(to, data)
	case []float64:
		if d, ok := dev.(float64Device); ok {
			return d.WriteExact(to, data)
		}
	}
	return fmt.Errorf("a value of %T for device %s", from, dev.Describe())
}

func read(dev device.Device, to any, from device.Buffer) error {
	switch data := to.(type) {
	case []float32:
		return dev.Read(data, from)
	case []float64:
		if d, ok := dev.(float64Device); ok {
			return d.ReadExact(data, from)
		}
	}
	return fmt.Errorf("a value of %T from device %s", to, dev.Describe())
}

// hostMemory returns host memory for all elements of a node.
func hostMemory(n *G.Node) any {
	if n.Dtype() == tensor.Float64 {
		return make([]float64, n.Shape().TotalSize())
	}
	return make([]float32, n.Shape().TotalSize())
}

// value wraps the elements of an output, from start on, as a Gorgonia value.
func value(n *G.Node, host any, start int) G.Value {
	end := start + n.Shape().TotalSize()
	switch data := host.(type) {
	case []float64:
		if n.Shape().Dims() == 0 {
			return G.NewF64(data[0])
		}
		return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data[start:end]))
	case []float32:
		if n.Shape().Dims() == 0 {
			return G.NewF32(data[0])
		}
		return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data[start:end]))
	}
	return nil
}

// inputKinds infers the kind of each input from its use: the image of a convolution and the maps of a loss are
// feature maps, a weight is not.
func inputKinds(nodes G.Nodes) map[*G.Node]device.Kind {
	kinds := map[*G.Node]device.Kind{}
	for _, n := range nodes {
		o, ok := n.Op().(*op.Op)
		if !ok {
			continue
		}
		for i, in := range o.Inputs() {
			if in.Op() != nil {
				continue
			}
			kinds[in] = device.Plain
			if in.Dims() == 4 && !o.Weight(i) {
				kinds[in] = device.Features
			}
		}
	}
	return kinds
}
