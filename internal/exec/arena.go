package exec

import (
	"slices"

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
}

// planArena sets the offset of every tensor in the arena, so that tensors share memory unless their lifetimes
// overlap, and returns the arena's size in elements. If a call can work in place, its result overwrites an input
// whose last use it is.
func planArena(dev device.Device, calls []device.Call) int {
	live := lifetimes(dev, calls)
	var blocks []*block
	for i, c := range calls {
		for w, t := range device.Writes(c) {
			root := t.Root()
			b := live[root]
			if b == nil || b.first != i || slices.Contains(blocks, b) {
				continue
			}
			if donor := donorOf(c, live, i, b); w == 0 && root == t && donor != nil {
				donor.tensors = append(donor.tensors, root)
				donor.last = b.last
				live[root] = donor
				continue
			}
			blocks = append(blocks, b)
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

// donorOf returns the block of an input that the call may overwrite with its first output, whose block is b, or nil.
func donorOf(c device.Call, live map[*device.Tensor]*block, i int, b *block) *block {
	for _, in := range device.Donors(c) {
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

// pack assigns each block the lowest offset that is free during its lifetime, large blocks first.
func pack(blocks []*block) (size int) {
	slices.SortStableFunc(blocks, func(a, b *block) int { return b.size - a.size })
	var placed []*block // by offset
	for _, b := range blocks {
		b.offset = 0
		for _, p := range placed {
			if p.first > b.last || b.first > p.last {
				continue
			}
			if b.offset+b.size <= p.offset {
				break
			}
			b.offset = max(b.offset, p.offset+p.size)
		}
		at, _ := slices.BinarySearchFunc(placed, b.offset, func(p *block, offset int) int { return p.offset - offset })
		placed = slices.Insert(placed, at, b)
		for _, t := range b.tensors {
			t.Offset = b.offset
		}
		size = max(size, b.offset+b.size)
	}
	return size
}
