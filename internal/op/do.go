package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/internal/device"
)

// Do computes the operator on the reference device, in float32 or float64, from row-major dense tensors, so that any
// Gorgonia machine can run the graph.
func (o *Op) Do(values ...G.Value) (result G.Value, err error) {
	defer func() {
		if r := recover(); r != nil { // nobody else could recover a panic in a goroutine of a machine
			err = fmt.Errorf("%s: %v", o.name, r)
		}
	}()
	if len(values) != o.Arity() {
		return nil, fmt.Errorf("%s: %d values for %d inputs", o.name, len(values), o.Arity())
	}
	switch o.dtype {
	case tensor.Float32:
		return do[float32](o, values)
	case tensor.Float64:
		return do[float64](o, values)
	}
	return nil, fmt.Errorf("%s: no kernel for %v, only for float32 and float64", o.name, o.dtype)
}

func do[T device.Float](o *Op, values []G.Value) (G.Value, error) {
	memory := map[*device.Tensor][]T{}
	at := device.Values[T](func(t *device.Tensor) []T { return memory[t] })
	in := make([]*device.Tensor, len(values))
	for i, v := range values {
		data, err := elements[T](v)
		if err != nil {
			return nil, fmt.Errorf("%s, input %d: %w", o.name, i, err)
		}
		in[i] = &device.Tensor{Shape: v.Shape()}
		memory[in[i]] = data
	}
	if last := len(in) - 1; o.updatesLast {
		call, err := o.Lower(in, in[last])
		if err != nil {
			return nil, err
		}
		device.Execute(call, at)
		return values[last], nil
	}
	out := &device.Tensor{Shape: o.shape}
	data := make([]T, out.Elements())
	memory[out] = data
	if o.lower == nil {
		copy(data, memory[in[0]][o.start:])
	} else {
		call, err := o.Lower(in, out)
		if err != nil {
			return nil, err
		}
		device.Execute(call, at)
	}
	if o.shape.Dims() == 0 {
		return scalar(data[0]), nil
	}
	return tensor.New(tensor.WithShape(o.shape...), tensor.WithBacking(data)), nil
}

// elements returns the row-major data of a value, which must not be a strided view.
func elements[T device.Float](v G.Value) ([]T, error) {
	if d, ok := v.(*tensor.Dense); ok && d.RequiresIterator() {
		return nil, fmt.Errorf("a strided view of shape %v, expected a contiguous tensor", v.Shape())
	}
	switch data := v.Data().(type) {
	case []T:
		return data, nil
	case T:
		return []T{data}, nil
	}
	return nil, fmt.Errorf("a value of type %v", v.Dtype())
}

func scalar[T device.Float](v T) G.Value {
	if v, ok := any(v).(float64); ok {
		return G.NewF64(v)
	}
	return G.NewF32(float32(v))
}
