package cpu

import (
	"slices"
	"weak"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu/conv"
)

// packed holds a convolution's weights in the order in which its kernels read them. Uses of one weight in one
// direction share it.
type packed struct {
	data []float32
	// source is the buffer of the weights, nil if they are in the arena; version is the buffer's version when they
	// were packed.
	source  *buffer
	version uint64
}

// A packID identifies packed weights: the first weight's address and the order.
type packID struct {
	first *float32
	key   conv.PackKey
}

// A packer holds the packed weights of a device's programs in use, which share them unless a plan itself writes to
// the weights.
type packer map[packID]weak.Pointer[packed]

// packed returns the memory for n packed floats of a weight in source.
func (p packer) packed(id packID, n int, source *buffer) *packed {
	if known := p[id].Value(); known != nil {
		return known
	}
	for id, known := range p {
		if known.Value() == nil {
			delete(p, id)
		}
	}
	fresh := &packed{data: allocate(n), source: source}
	p[id] = weak.Make(fresh)
	return fresh
}

// pack appends the tasks that pack a weight, unless an earlier call of the plan did. A run skips them if nobody has
// written to the weight's buffer since the last time.
func (p *program) pack(weight *device.Tensor, plan *conv.Forward) *packed {
	w := p.plain(weight)
	if p.err != nil {
		return nil
	}
	id := packID{&w[0], plan.PackKey()}
	if known, ok := p.packs[id]; ok {
		return known
	}
	source, _ := weight.Root().Buffer.(*buffer)
	var result *packed
	if source == nil || slices.Contains(p.written, source) {
		result = &packed{data: allocate(plan.PackedSize()), source: source}
	} else {
		result = p.packer.packed(id, plan.PackedSize(), source)
	}
	p.packedFloats += len(result.data)
	if source != nil {
		p.packs[id] = result
	}
	stale := func() bool { return source == nil || source.version != result.version }
	kind := ordered
	if source != nil {
		kind = prepare // it depends only on what writes the weights
	}
	pieces := plan.PackPieces()
	p.then(task{
		pieces: pieces, do: func(_, piece int) { plan.Pack(piece, result.data, w) },
		needed: stale, kind: kind, reads: []region{flat(w)},
	})
	if source != nil {
		p.then(task{
			pieces: 1, do: func(int, int) { result.version = source.version },
			kind: prepare, reads: []region{flat(w)},
		})
	}
	return result
}

// forgetPacked makes later calls of the plan pack the weights in b again.
func (p *program) forgetPacked(b *buffer) {
	for id, known := range p.packs {
		if known.source == b {
			delete(p.packs, id)
		}
	}
}
