package conv

// weightOrder says where a weight lies in a row-major tensor, seen from a convolution that reads `in` and writes `out`
// channels: number base + out·o + in·i + u·row + v·col.
type weightOrder struct{ base, out, in, row, col int }

// weight is a packed group of output blocks: the weights of one tile.
type weightGroup struct {
	first, blocks int // output blocks of 16 channels
	base          int // added to the order's base for this group: a tap of a transposed convolution
	next          int // added for each further block of the group
	from          int // place in the packed weights, in floats
}

// packing turns a row-major weight tensor into what tile kernels read: for each group [planes][tapRows][lanes][taps][blocks][16].
type packing struct {
	order                        weightOrder
	in, out                      int // channels
	planes, tapRows, lanes, taps int
	groups                       []weightGroup
	size                         int
}

// groupSize is the number of floats of one block of a group.
func (p *packing) blockSize() int { return p.planes * p.tapRows * p.lanes * p.taps * lanes }

// add appends a group.
func (p *packing) add(g weightGroup) {
	g.from = p.size
	p.groups = append(p.groups, g)
	p.size += g.blocks * p.blockSize()
}

// pack fills one group.
func (p *packing) pack(group int, packed, w []float32) {
	g := p.groups[group]
	to := packed[g.from:][:g.blocks*p.blockSize()]
	stride := p.taps * g.blocks * lanes // from one lane to the next
	for b := range g.blocks {
		out, base := g.first+b, p.order.base+g.base+b*g.next
		if g.next != 0 {
			out = g.first
		}
		live := min(lanes, p.out-out*lanes)
		for plane := range p.planes {
			for u := range p.tapRows {
				for lane := range p.lanes {
					in := plane*p.lanes + lane
					row := to[((plane*p.tapRows+u)*p.lanes+lane)*stride+b*lanes:]
					for v := range p.taps {
						vec := (*[lanes]float32)(row[v*g.blocks*lanes:])
						if in >= p.in {
							clear(vec[:])
							continue
						}
						from := base + out*lanes*p.order.out + in*p.order.in + u*p.order.row + v*p.order.col
						for o := range live {
							vec[o] = w[from+o*p.order.out]
						}
						clear(vec[live:])
					}
				}
			}
		}
	}
}
