package exec

import (
	"slices"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// alignment of arena tensors, in elements: 64 bytes of float32, a cache line and a vector register of AVX-512.
const alignment = 16

// block is a range of the arena and the calls, first to last, during which it is in use.
type block struct {
	tensors     []*device.Tensor // several if a call works in place
	size        int
	first, last int
	offset      int
	spans       []span // if its parts are in use at different times
}

// planArena sets the offset of every tensor in the arena, so that tensors share memory unless their lifetimes
// overlap, and returns the arena's size in elements. If a call can work in place, its result overwrites an input
// whose last use it is.
func planArena(dev device.Device, list []device.Call) int {
	live := lifetimes(dev, list)
	var blocks []*block
	for i, c := range list {
		for w, t := range device.Writes(c) {
			root := t.Root()
			b := live[root]
			if b == nil || b.first != i || slices.Contains(blocks, b) {
				continue
			}
			if donor := donorOf(donors(dev, c), c, live, i, b); w == 0 && root == t && donor != nil {
				donor.tensors = append(donor.tensors, root)
				donor.last = b.last
				live[root] = donor
				continue
			}
			blocks = append(blocks, b)
		}
	}
	uses := viewUses(list)
	for _, b := range blocks {
		if u := uses[b.tensors[0]]; len(b.tensors) == 1 && u != nil {
			b.spans = spans(dev, b.tensors[0], u)
		}
	}
	return pack(blocks)
}

// lifetimes returns a block for every tensor that owns arena memory; uses of a view count for its root.
func lifetimes(dev device.Device, calls []device.Call) map[*device.Tensor]*block {
	live := map[*device.Tensor]*block{}
	for i, c := range calls {
		for _, t := range append(device.Writes(c), device.Reads(c)...) {
			root := t.Root()
			if root.Buffer != nil {
				continue
			}
			if live[root] == nil {
				size := (dev.Size(root.Shape, root.Kind) + alignment - 1) / alignment * alignment
				live[root] = &block{tensors: []*device.Tensor{root}, size: size, first: i}
			}
			live[root].last = i
		}
	}
	return live
}

// donors returns the inputs that the call may overwrite on this device.
func donors(dev device.Device, c device.Call) []*device.Tensor {
	list := device.Donors(c)
	if conv, ok := c.(*calls.Conv); ok {
		if stager, ok := dev.(device.Stager); ok && stager.StagesConvolutions() && conv.Overwritable() != nil {
			list = append(list, conv.Residual)
		}
	}
	return list
}

// donorOf returns the block of an input that the call may overwrite with its first output, whose block is b, or nil.
func donorOf(donors []*device.Tensor, c device.Call, live map[*device.Tensor]*block, i int, b *block) *block {
	for _, in := range donors {
		donor := live[in]
		if in.Parent != nil || donor == nil || donor.last != i || donor.size != b.size {
			continue
		}
		uses := 0
		for _, t := range device.Reads(c) {
			if live[t.Root()] == donor {
				uses++
			}
		}
		if uses == 1 {
			return donor
		}
	}
	return nil
}
