package exec

import "r2unet/internal/device"

// fuse joins calls that can share one pass over memory: a convolution takes over the statistics of its result, and the
// activation that follows where its norm is known beforehand (evaluation) or absent.
func fuse(calls []device.Call) []device.Call {
	writer := map[*device.Tensor]int{} // the call that writes each tensor
	readers := map[*device.Tensor]int{}
	for i, c := range calls {
		for _, t := range c.Writes() {
			writer[t] = i
		}
		for _, t := range c.Reads() {
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
	out := calls[:0]
	for _, call := range calls {
		switch c := call.(type) {
		case *device.BatchStats:
			if conv := convOf(calls, writer, c.Z); conv != nil {
				conv.Stats = c.Stats
				continue
			}
		case *device.Activate:
			conv := convOf(calls, writer, c.Z)
			if conv == nil || conv.Y != nil || !ready(c.Residual, writer[c.Z]) {
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

// convOf is the convolution that writes t, if one does.
func convOf(calls []device.Call, writer map[*device.Tensor]int, t *device.Tensor) *device.Conv {
	at, ok := writer[t]
	if !ok {
		return nil
	}
	conv, _ := calls[at].(*device.Conv)
	return conv
}
