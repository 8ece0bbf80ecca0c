package exec

import (
	"slices"

	"r2unet/internal/device"
)

// recompute lets the gradients compute activations again instead of keeping them from the forward pass. What an activation
// is made from is kept anyway, for the activation's own gradient; so the results of activations, nearly half of the memory of
// training, need to live only from their call to the next convolution, where a cache may hold them, and again just before
// their last readers. The values are the same, bit by bit. A device.Keeper goes without.
func recompute(calls []device.Call) []device.Call {
	backward := slices.IndexFunc(calls, func(c device.Call) bool { _, ok := c.(*device.LossGrad); return ok })
	if backward < 0 {
		return calls
	}
	parents := map[*device.Tensor]bool{}
	for _, c := range calls {
		for _, t := range append(c.Reads(), c.Writes()...) {
			if t.Parent != nil {
				parents[t.Parent] = true
			}
		}
	}
	// From the last activation to the first: the copy of a later one is one more late reader of an earlier one.
	for i := backward - 1; i >= 0; i-- {
		original, ok := calls[i].(*device.Activate)
		if !ok || !inArena(original.Y) || parents[original.Y] || slices.Contains(original.Reads(), original.Y) {
			continue
		}
		first := -1
		replaceable := true
		for j := backward; j < len(calls); j++ {
			if slices.Contains(calls[j].Reads(), original.Y) {
				if first < 0 {
					first = j
				}
				replaceable = replaceable && redirect(calls[j], original.Y, nil)
			}
		}
		if first < 0 || !replaceable {
			continue
		}
		again := *original
		again.Y = &device.Tensor{Name: original.Y.Name + " again", Shape: original.Y.Shape, Kind: original.Y.Kind}
		for _, c := range calls[first:] {
			redirect(c, original.Y, again.Y)
		}
		calls = slices.Insert(calls, first, device.Call(&again))
	}
	return calls
}

// redirect makes a call read another tensor in place of from, and reports whether it reads from where that can be done. A nil
// tensor only asks.
func redirect(call device.Call, from, to *device.Tensor) bool {
	var place **device.Tensor
	switch c := call.(type) {
	case *device.ConvGradWeight:
		place = &c.X
	case *device.MaxPoolGrad:
		place = &c.X
	case *device.Activate:
		place = &c.Residual
	}
	if place == nil || *place != from {
		return false
	}
	reads := 0
	for _, t := range call.Reads() {
		if t == from {
			reads++
		}
	}
	if reads == 1 && to != nil {
		*place = to
	}
	return reads == 1
}
