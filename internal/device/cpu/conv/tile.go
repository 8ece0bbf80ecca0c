package conv

import (
	"slices"
	"unsafe"
)

// A family is one kind of convolution from the point of view of a tile kernel: which input pixels contribute to an
// output pixel, and how far apart pixels are in memory.
type family int

const (
	conv3       family = iota // 3 taps in a row, blocked input
	conv1                     // 1 tap, blocked input
	image3                    // 3 taps in a row, input in planes of one channel
	image1                    // 1 tap, input in planes of one channel
	spread                    // 1 tap, every second output pixel: transposed convolution
	gather                    // 2 taps in a row, every second input pixel: its data gradient
	imageSpread               // spread with input in planes of one channel
	imageGather               // gather with input in planes of one channel
	families
)

// taps returns the number of weights of one row of one channel.
func (f family) taps() int { return [families]int{3, 1, 3, 1, 1, 2, 1, 2}[f] }

// skip returns the number of input pixels from one output pixel to the next.
func (f family) skip() int {
	if f == gather || f == imageGather {
		return 2
	}
	return 1
}

// inputs returns the numbers of floats that there can be from an input pixel to the next.
func (f family) inputs() []int {
	switch f {
	case image3, image1, imageSpread, imageGather:
		return []int{1}
	}
	return []int{half, lanes}
}

// out returns the number of floats from an output pixel of the tile, of `width` channels, to the next.
func (f family) out(width int) int {
	if f == spread || f == imageSpread {
		return 2 * width
	}
	return width
}

// tileArgs are the arguments of a tile kernel; the assembly depends on the order of the fields. Distances are in
// bytes.
type tileArgs struct {
	x    *float32 // input under the first tap of the tile's first pixel
	w    *float32 // packed weights [planes][tapRows][lanes][taps][blocks][width]
	out  *float32 // first pixel of the tile in the first output block
	init *float32 // initial value of the accumulators, nil for zero

	xRow, xTile, xPlane int // from a row of taps, a tile row and a plane of the input to the next
	outRow, outBlock    int // from a tile row and an output block to the next
	initRow, initBlock  int // the same for init

	planes, lanes, tapRows int // input planes, channels in each, rows of taps
}

// A tileKernel computes tiles of one size.
type tileKernel struct {
	family             family
	step               int // floats from an input pixel to the next
	blocks, rows, cols int
	run                func(*tileArgs)
}

// cost estimates a tile's time in units of one accumulator: the processor needs eight independent sums in flight, and
// entering and leaving a tile has a cost.
func (k tileKernel) cost() float64 { return float64(max(k.blocks*k.rows*k.cols, 8)) + 1.5 }

// A placement is a kernel at a column.
type placement struct {
	kernel tileKernel
	col    int
}

// A cover is a row, or several rows at once, divided into tiles.
type cover struct {
	rows  int
	tiles []placement
}

// clearly is the fraction of the cost of single rows below which several rows at once are preferred, because they use
// shorter pieces of more rows.
const clearly = 0.95

// covers divides rows of a width into tiles of a number of output blocks, for input pixels `step` floats apart. The
// first cover is the cheapest; each of the following takes fewer rows at once, the last one single rows, for the rows
// that the previous ones leave at the lower edge.
func (p *kernels) covers(f family, step, blocks, width int) []cover {
	best := map[int]cover{}
	price := map[int]float64{}
	for rows := 1; rows <= 4; rows *= 2 {
		if c, cost := p.cover(f, step, blocks, rows, width); c.tiles != nil {
			best[rows], price[rows] = c, cost/float64(rows)
		}
	}
	var out []cover
	for limit := 4; limit >= 1; {
		choice := 1
		for rows := limit; rows > 1; rows /= 2 {
			if c, ok := price[rows]; ok && c < clearly*price[choice] {
				choice = rows
			}
		}
		out = append(out, best[choice])
		limit = choice / 2
	}
	return out
}

// cover returns the cheapest sequence of tiles of equal height for a width.
func (p *kernels) cover(f family, step, blocks, rows, width int) (cover, float64) {
	type place struct {
		cost float64
		tile tileKernel
	}
	var fitting []tileKernel
	for _, k := range p.tiles {
		if k.family == f && k.step == step && k.blocks == blocks && k.rows == rows {
			fitting = append(fitting, k)
		}
	}
	steps := make([]place, width+1)
	for w := 1; w <= width; w++ {
		for _, k := range fitting {
			if k.cols > w {
				continue
			}
			if w > k.cols && steps[w-k.cols].tile.run == nil {
				continue
			}
			if c := steps[w-k.cols].cost + k.cost(); steps[w].tile.run == nil || c < steps[w].cost {
				steps[w] = place{c, k}
			}
		}
	}
	if steps[width].tile.run == nil {
		return cover{}, 0
	}
	c := cover{rows: rows}
	for w := width; w > 0; w -= steps[w].tile.cols {
		c.tiles = append(c.tiles, placement{steps[w].tile, w - steps[w].tile.cols})
	}
	slices.Reverse(c.tiles) // in the order of memory
	return c, steps[width].cost
}

// offset moves an address by bytes.
func offset(p *float32, bytes int) *float32 { return (*float32)(offsetPointer(p, bytes)) }

func offsetPointer(p *float32, bytes int) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(p), bytes) }
