package conv

// weightOrder is the position of weights in a row-major tensor, for a convolution that reads `in` and writes `out`
// channels: base + out·o + in·i + u·row + v·col.
type weightOrder struct{ base, out, in, row, col int }

// weightGroup is a packed group of output blocks: the weights of one tile.
type weightGroup struct {
	first, blocks int // output blocks of 16 channels
	base          int // added to the order's base for this group: a tap of a transposed convolution
	next          int // added for each further block of the group
	from          int // offset in the packed weights, in floats
}

// packing converts a row-major weight tensor to the order of tile kernels: for each group
// [planes][tapRows][lanes][taps][blocks][width].
type packing struct {
	order                        weightOrder
	in, out                      int // channels
	planes, tapRows, lanes, taps int
	width                        int // channels of an output block
	per                          int // channels of an input that share a float: two of bfloat16, otherwise one
	groups                       []weightGroup
	size                         int
}

// blockSize returns the number of floats of one block of a group.
func (p *packing) blockSize() int { return p.planes * p.tapRows * p.lanes * p.taps * p.width / p.per }

// add appends a group.
func (p *packing) add(g weightGroup) {
	g.from = p.size
	p.groups = append(p.groups, g)
	p.size += g.blocks * p.blockSize()
}

// pack fills one group.
func (p *packing) pack(group int, packed, w []float32) {
	g := p.groups[group]
	to := packed[g.from:]
	for plane := range p.planes {
		for u := range p.tapRows {
			for lane := range p.lanes {
				for v := range p.taps {
					for b := range g.blocks {
						block, base := g.first+b, g.base
						if g.next != 0 {
							block, base = g.first, g.base+b*g.next
						}
						p.vector(to[:p.width], w, block, plane*p.lanes+lane, u, v, base)
						to = to[p.width:]
					}
				}
			}
		}
	}
}

// vector gathers the weights of one input channel and tap for the output channels of a block.
func (p *packing) vector(to []float32, w []float32, block, in, row, col, base int) {
	if in >= p.in {
		clear(to)
		return
	}
	from := p.order.base + base + block*p.width*p.order.out + in*p.order.in + row*p.order.row + col*p.order.col
	live := min(p.width, p.out-block*p.width)
	for o := range live {
		to[o] = w[from+o*p.order.out]
	}
	clear(to[live:])
}

// nine gathers the weights of one input channel and all taps of 3×3 for the output channels of a block, to [9][16]. The
// nine follow each other in the tensor, for a data gradient from the last to the first.
func (p *packing) nine(to *[9 * lanes]float32, w []float32, block, in int) {
	live := min(lanes, p.out-block*lanes)
	if in >= p.in || live < lanes {
		clear(to[:])
	}
	if in >= p.in {
		return
	}
	from := p.order.base + block*lanes*p.order.out + in*p.order.in
	if p.order.col < 0 {
		from -= 8
	}
	for o := range lanes {
		if o == live {
			return
		}
		ws := (*[9]float32)(w[from+o*p.order.out:])
		if p.order.col < 0 {
			to[8*lanes+o], to[7*lanes+o], to[6*lanes+o] = ws[0], ws[1], ws[2]
			to[5*lanes+o], to[4*lanes+o], to[3*lanes+o] = ws[3], ws[4], ws[5]
			to[2*lanes+o], to[1*lanes+o], to[o] = ws[6], ws[7], ws[8]
			continue
		}
		to[o], to[1*lanes+o], to[2*lanes+o] = ws[0], ws[1], ws[2]
		to[3*lanes+o], to[4*lanes+o], to[5*lanes+o] = ws[3], ws[4], ws[5]
		to[6*lanes+o], to[7*lanes+o], to[8*lanes+o] = ws[6], ws[7], ws[8]
	}
}
