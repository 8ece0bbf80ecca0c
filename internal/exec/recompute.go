package exec

import (
	"slices"

	"r2unet/internal/device"
)

// recompute lets the gradients compute cheap results again instead of keeping them from the forward pass: activations, pooled maps
// and 1×1 convolutions. What an activation is made from is kept anyway, for the activation's own gradient; so these
// results, more than half of the memory of training, need to live only from their call to the next convolution, where a cache
// may hold them, and again just before their last readers. The values are the same, bit by bit. A device.Keeper goes without.
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
	// From the last call to the first: the copy of a later one is one more late reader of an earlier one.
	for i := backward - 1; i >= 0; i-- {
		again, result := cheap(calls[i])
		if again == nil {
			continue
		}
		original := *result
		if !inArena(original) || parents[original] || slices.Contains(calls[i].Reads(), original) {
			continue
		}
		first := -1
		replaceable := true
		for j := backward; j < len(calls); j++ {
			if slices.Contains(calls[j].Reads(), original) {
				if first < 0 {
					first = j
				}
				replaceable = replaceable && redirect(calls[j], original, nil)
			}
		}
		if first < 0 || !replaceable {
			continue
		}
		*result = &device.Tensor{Name: original.Name + " again", Shape: original.Shape, Kind: original.Kind}
		for _, c := range calls[first:] {
			redirect(c, original, *result)
		}
		calls = slices.Insert(calls, first, again)
	}
	return calls
}

// cheap is a copy of a call that costs little more than the memory it passes over, and where the copy names its result; nil for others.
func cheap(call device.Call) (again device.Call, result **device.Tensor) {
	switch c := call.(type) {
	case *device.Activate:
		a := *c
		return &a, &a.Y
	case *device.MaxPool:
		a := *c
		return &a, &a.Y
	case *device.Conv:
		if a := *c; a.W.Shape[2] == 1 && a.Stats == nil && a.Y == nil {
			return &a, &a.Z
		}
	}
	return nil, nil
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
	case *device.Conv:
		place = &c.X
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
