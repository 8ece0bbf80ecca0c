package cuda

import (
	"slices"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Work of two calls that one kernel can do is found here, over the calls of a whole plan.

// joinRunning finds the updates of running statistics that the convolution can do which makes the batch's: no call in between
// uses the running ones.
func joinRunning(list []device.Call) map[*device.Tensor]*calls.UpdateRunning {
	made := map[*device.Tensor]int{} // statistics, by the call that makes them
	joined := map[*device.Tensor]*calls.UpdateRunning{}
	for i, call := range list {
		switch c := call.(type) {
		case *calls.Conv:
			if c.Stats != nil {
				made[c.Stats] = i
				delete(joined, c.Stats)
			}
		case *calls.UpdateRunning:
			if at, ok := made[c.Stats]; ok && joined[c.Stats] == nil && !anyUses(list[at+1:i], c.Running) {
				joined[c.Stats] = c
			}
		}
	}
	return joined
}

// joinSums finds the sums of a norm's gradient that the 3×3 convolution can take which makes the gradient of the norm's result:
// that gradient is no part of another tensor and final, all else is there before it, and the memory of the sums is not in the arena, where it might be
// somebody else's at that time, and not used in between.
func joinSums(list []device.Call) (map[*calls.ConvGradData]*calls.NormGradSums, map[*calls.NormGradSums]bool) {
	joined, taken := map[*calls.ConvGradData]*calls.NormGradSums{}, map[*calls.NormGradSums]bool{}
	made := map[*device.Tensor]int{} // by the last call that writes each root
	for i, call := range list {
		if s, ok := call.(*calls.NormGradSums); ok && s.DY.Parent == nil && s.Sums.Root().Buffer != nil {
			at, found := made[s.DY]
			if !found {
				continue
			}
			conv, ok := list[at].(*calls.ConvGradData)
			for _, t := range []*device.Tensor{s.Z, s.Norm.Stats, s.Norm.Gamma, s.Norm.Beta} {
				last, written := made[t.Root()]
				ok = ok && (!written || last < at)
			}
			if ok && conv.DX == s.DY && conv.W.Shape[2] == 3 && joined[conv] == nil && !anyUses(list[at:i], s.Sums) {
				joined[conv], taken[s] = s, true
			}
		}
		for _, t := range device.Writes(call) {
			made[t.Root()] = i
		}
	}
	return joined, taken
}

// anyUses tells whether some call reads or writes memory of a plain tensor's.
func anyUses(list []device.Call, t *device.Tensor) bool {
	root, start := t.Place()
	return slices.ContainsFunc(list, func(c device.Call) bool {
		return slices.ContainsFunc(append(device.Reads(c), device.Writes(c)...), func(other *device.Tensor) bool {
			owner, at := other.Place()
			same := owner == root || owner.Buffer != nil && owner.Buffer == root.Buffer
			return same && at < start+t.Elements() && start < at+other.Elements()
		})
	})
}
