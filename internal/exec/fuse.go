package exec

import (
	"slices"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// fuse merges calls that can share one pass over memory: a convolution also computes the statistics of its result,
// and the following activation if its norm is known beforehand (evaluation) or absent, and then also a norm behind
// that.
func fuse(list []device.Call) []device.Call {
	writer := map[*device.Tensor]int{} // the call that writes each tensor
	readers := map[*device.Tensor]int{}
	parts := map[*device.Tensor][]*device.Tensor{} // what is written of each tensor that owns memory
	for i, c := range list {
		for _, t := range device.Writes(c) {
			writer[t] = i
			parts[t.Root()] = append(parts[t.Root()], t)
		}
		for _, t := range device.Reads(c) {
			for ; t != nil; t = t.Parent { // whoever reads a view reads what it is part of
				readers[t]++
			}
		}
	}
	// All of t is written before the call, or not by this plan: it may be a concatenation, whose parts are, or a view.
	ready := func(t *device.Tensor, before int) bool {
		return t == nil || !slices.ContainsFunc(parts[t.Root()], func(part *device.Tensor) bool {
			return writer[part] >= before && overlap(part, t)
		})
	}
	known := func(c *calls.Activate, before int) bool {
		return ready(c.Residual, before) && (c.Norm == nil || ready(c.Norm.Stats, before))
	}
	dropped := func(t *device.Tensor) bool { return readers[t] == 1 && inArena(t) } // once its reader is merged
	type activated struct {
		conv *calls.Conv
		at   int
	}
	plain := map[*device.Tensor]activated{}  // convolutions with a function alone, by its result
	out := make([]device.Call, 0, len(list)) // list stays, because writer has its indices
	for _, call := range list {
		switch c := call.(type) {
		case *calls.BatchStats:
			if conv := convOf(list, writer, c.Z); conv != nil {
				conv.Stats = c.Stats
				continue
			}
		case *calls.Activate:
			if a, ok := plain[c.Z]; ok {
				if c.Function != calls.Identity || !dropped(c.Z) || !known(c, a.at) {
					break
				}
				a.conv.Norm, a.conv.NormLast, a.conv.Residual, a.conv.Y = c.Norm, true, c.Residual, c.Y
				continue
			}
			conv := convOf(list, writer, c.Z)
			if conv == nil || conv.Y != nil || c.Function != calls.ReLU && c.Function != calls.Identity ||
				!known(c, writer[c.Z]) {
				break
			}
			conv.Norm, conv.Function, conv.Residual, conv.Y = c.Norm, c.Function, c.Residual, c.Y
			if dropped(c.Z) {
				conv.Z = nil
			}
			if c.Norm == nil && c.Residual == nil {
				plain[c.Y] = activated{conv, writer[c.Z]}
			}
			continue
		}
		out = append(out, call)
	}
	return out
}

// overlap reports whether two tensors of one root share channels, or elements of a plain one.
func overlap(a, b *device.Tensor) bool {
	size := func(t *device.Tensor) int {
		if t.Kind == device.Features {
			return t.Shape[1]
		}
		return t.Elements()
	}
	_, first := a.Place()
	_, second := b.Place()
	return first < second+size(b) && second < first+size(a)
}

// convOf returns the convolution that writes t, or nil.
func convOf(list []device.Call, writer map[*device.Tensor]int, t *device.Tensor) *calls.Conv {
	at, ok := writer[t]
	if !ok {
		return nil
	}
	conv, _ := list[at].(*calls.Conv)
	return conv
}
