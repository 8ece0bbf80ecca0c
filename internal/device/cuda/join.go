package cuda

import (
	"slices"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// Calls of a plan that one kernel can compute together are found here.

// joinRunning finds UpdateRunning calls that can be folded into the convolution that computed the batch statistics:
// no call in between uses the running statistics.
func joinRunning(list []device.Call) map[*device.Tensor]*calls.UpdateRunning {
	made := map[*device.Tensor]int{} // the call that computes each statistics tensor
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

// joinSums finds the sums of a norm's gradient that can be folded into the 3×3 data gradient that computes DY.
// Conditions: DY is a whole tensor and is not accumulated into later; all inputs of the sums are ready by then; Sums
// is outside the arena (whose memory could still be in use at that time) and unused in between.
func joinSums(list []device.Call) (map[*calls.ConvGradData]*calls.NormGradSums, map[*calls.NormGradSums]bool) {
	joined, taken := map[*calls.ConvGradData]*calls.NormGradSums{}, map[*calls.NormGradSums]bool{}
	made := map[*device.Tensor]int{} // the last call that writes each root
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

// anyUses reports whether some call reads or writes memory of a plain tensor.
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
