package exec

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/device"
	"r2unet/internal/op"
)

// float64Device is a device whose memory can be written and read in double precision: ref.
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

// value wraps an output's elements as Gorgonia does.
func value(n *G.Node, host any) G.Value {
	if n.Shape().Dims() > 0 {
		return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(host))
	}
	if data, ok := host.([]float64); ok {
		return G.NewF64(data[0])
	}
	return G.NewF32(host.([]float32)[0])
}

// inputKinds tells the kind of each input from how it is used: the image of a convolution or a map that belongs to a loss
// is a feature map, a weight is not.
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
