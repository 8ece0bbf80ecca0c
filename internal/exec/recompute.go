package exec

import (
	"reflect"
	"slices"

	"r2unet/internal/device"
)

// recompute recomputes memory-bound results for the gradients instead of storing them from the forward pass:
// activations, pooled maps and 1×1 convolutions. The input of an activation is stored anyway, for the activation's
// own gradient. So these results, more than half of the memory of training, need to live only from their call to the
// next convolution, possibly in a cache, and again just before their last readers. The values are the same, bit for
// bit. Devices that are a device.Keeper store them.
func recompute(calls []device.Call) []device.Call {
	backward := slices.IndexFunc(calls, func(c device.Call) bool { return c.Traits().Backward })
	if backward < 0 {
		return calls
	}
	parents := map[*device.Tensor]bool{}
	for _, c := range calls {
		for _, o := range c.Operands() {
			if t := *o.Field; t != nil && t.Parent != nil {
				parents[t.Parent] = true
			}
		}
	}
	// From the last call to the first, because the copy of a later call is one more late reader of an earlier one.
	for i := backward - 1; i >= 0; i-- {
		again := copyOf(calls[i])
		result := onlyOutput(again)
		if result == nil || !again.Traits().MemoryBound {
			continue
		}
		original := *result
		if !inArena(original) || parents[original] || slices.Contains(device.Reads(calls[i]), original) {
			continue
		}
		first := -1
		replaceable := true
		for j := backward; j < len(calls); j++ {
			if slices.Contains(device.Reads(calls[j]), original) {
				if first < 0 {
					first = j
				}
				replaceable = replaceable && lateReader(calls[j], original) != nil
			}
		}
		if first < 0 || !replaceable {
			continue
		}
		*result = &device.Tensor{Name: original.Name + " again", Shape: original.Shape, Kind: original.Kind}
		for _, c := range calls[first:] {
			if field := lateReader(c, original); field != nil {
				*field = *result
			}
		}
		calls = slices.Insert(calls, first, again)
	}
	return calls
}

// copyOf returns a copy of a call whose operands can be bound to other tensors.
func copyOf(call device.Call) device.Call {
	c := reflect.New(reflect.TypeOf(call).Elem())
	c.Elem().Set(reflect.ValueOf(call).Elem())
	return c.Interface().(device.Call)
}

// onlyOutput returns the field of a call's output, or nil if it has several or updates a tensor.
func onlyOutput(call device.Call) **device.Tensor {
	var output **device.Tensor
	for _, o := range call.Operands() {
		if *o.Field == nil || o.Use == device.Read {
			continue
		}
		if output != nil || o.Use != device.Write {
			return nil
		}
		output = o.Field
	}
	return output
}

// lateReader returns the field through which a call reads t, if the call may read a recomputed copy there and reads t
// nowhere else.
func lateReader(call device.Call, t *device.Tensor) **device.Tensor {
	var field **device.Tensor
	for _, o := range call.Operands() {
		if *o.Field != t || o.Use == device.Write {
			continue
		}
		if field != nil || !o.Late {
			return nil
		}
		field = o.Field
	}
	return field
}
