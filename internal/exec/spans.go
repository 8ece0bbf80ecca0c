package exec

import (
	"cmp"
	"math"
	"slices"

	"r2unet/internal/device"
)

// span is a part of a block, from one element to another, and the calls during which it is in use.
type span struct{ from, to, first, last int }

// use is a call that uses some channels of a map.
type use struct{ call, from, to int }

// viewUses returns the uses of the maps of one sample that have views, themselves and by these.
func viewUses(calls []device.Call) map[*device.Tensor][]use {
	uses := map[*device.Tensor][]use{}
	each := func(visit func(call int, root, t *device.Tensor, start int)) {
		for i, c := range calls {
			for _, o := range c.Operands() {
				if t := *o.Field; t != nil && t.Kind == device.Features && t.Shape[0] == 1 {
					root, start := t.Place()
					visit(i, root, t, start)
				}
			}
		}
	}
	each(func(_ int, root, t *device.Tensor, _ int) {
		if root != t && root.Buffer == nil {
			uses[root] = []use{}
		}
	})
	each(func(i int, root, t *device.Tensor, start int) {
		if of, ok := uses[root]; ok {
			uses[root] = append(of, use{i, start, start + t.Shape[1]})
		}
	})
	return uses
}

// spans divides the map of one sample by the channels at which its views begin and end. The half of a concatenation
// that a decoder writes at the end is free as long as the deeper levels are computed. It returns nil for a tensor whose
// channels do not follow each other in memory, which those of several samples do not.
func spans(dev device.Device, root *device.Tensor, uses []use) []span {
	cuts := []int{0, root.Shape[1]}
	for _, u := range uses {
		cuts = append(cuts, u.from, u.to)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []span
	at := 0
	for i, from := range cuts[:len(cuts)-1] {
		to := cuts[i+1]
		size := dev.Size([]int{1, to - from, root.Shape[2], root.Shape[3]}, root.Kind)
		if size%alignment != 0 {
			return nil // another block could end there
		}
		s := span{from: at, to: at + size, first: math.MaxInt, last: -1}
		for _, u := range uses {
			if u.from < to && from < u.to {
				s.first, s.last = min(s.first, u.call), max(s.last, u.call)
			}
		}
		out = append(out, s)
		at += size
	}
	if at != dev.Size(root.Shape, root.Kind) {
		return nil
	}
	return out
}

// parts returns the spans of a block: itself if it is in use as a whole.
func (b *block) parts() []span {
	if b.spans == nil {
		return []span{{0, b.size, b.first, b.last}}
	}
	return b.spans
}

// pack gives every block a place and returns the size of the arena: the smallest one of several orders of blocks. Large
// ones come first in all of them, and of one size those that are used first, longest or last.
func pack(blocks []*block) int {
	var best []*block
	size := math.MaxInt
	for _, rank := range []func(b *block) int{
		func(*block) int { return 0 }, // blocks are in the order of their first use
		func(b *block) int { return b.first - b.last },
		func(b *block) int { return -b.last },
	} {
		order := slices.Clone(blocks)
		slices.SortStableFunc(order, func(a, b *block) int { return cmp.Or(b.size-a.size, rank(a)-rank(b)) })
		if s := place(order); s < size {
			best, size = order, s
		}
	}
	place(best)
	for _, b := range blocks {
		for _, t := range b.tensors {
			t.Offset = b.offset
		}
	}
	return size
}

// place assigns each block in turn the lowest offset at which all of its spans are free while they are in use, and
// returns the size of the arena.
func place(blocks []*block) (size int) {
	var placed []span // at their places in the arena, sorted by where they begin
	for _, b := range blocks {
		parts := b.parts()
		b.offset = 0
		for raised := true; raised; {
			raised = false
			for _, s := range parts {
				if need := above(placed, s, b.offset); need > b.offset {
					b.offset, raised = need, true
				}
			}
		}
		for _, s := range parts {
			s.from, s.to = s.from+b.offset, s.to+b.offset
			at, _ := slices.BinarySearchFunc(placed, s.from, func(p span, from int) int { return p.from - from })
			placed = slices.Insert(placed, at, s)
			size = max(size, s.to)
		}
	}
	return size
}

// above returns the lowest offset of a block, at least the given one, at which its span s is free.
func above(placed []span, s span, offset int) int {
	for _, p := range placed {
		if p.first > s.last || s.first > p.last || p.to <= offset+s.from {
			continue
		}
		if offset+s.to <= p.from {
			break
		}
		offset = p.to - s.from
	}
	return offset
}
