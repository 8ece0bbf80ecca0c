package exec

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// fuse merges calls that can share one pass over memory: a convolution also computes the statistics of its result,
// and the following activation if its norm is known beforehand (evaluation) or absent.
func fuse(list []device.Call) []device.Call {
	writer := map[*device.Tensor]int{} // the call that writes each tensor
	readers := map[*device.Tensor]int{}
	for i, c := range list {
		for _, t := range device.Writes(c) {
			writer[t] = i
		}
		for _, t := range device.Reads(c) {
			readers[t]++
		}
	}
	ready := func(t *device.Tensor, before int) bool { // t is written before the call, or not by this plan
		if t == nil {
			return true
		}
		at, written := writer[t]
		return !written || at < before
	}
	out := make([]device.Call, 0, len(list)) // list stays, because writer has its indices
	for _, call := range list {
		switch c := call.(type) {
		case *calls.BatchStats:
			if conv := convOf(list, writer, c.Z); conv != nil {
				conv.Stats = c.Stats
				continue
			}
		case *calls.Activate:
			conv := convOf(list, writer, c.Z)
			if conv == nil || conv.Y != nil || c.Function != calls.ReLU || !ready(c.Residual, writer[c.Z]) {
				break
			}
			if c.Norm != nil && !ready(c.Norm.Stats, writer[c.Z]) {
				break
			}
			conv.Norm, conv.Residual, conv.Y = c.Norm, c.Residual, c.Y
			if readers[c.Z] == 1 && inArena(c.Z) {
				conv.Z = nil
			}
			continue
		}
		out = append(out, call)
	}
	return out
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
