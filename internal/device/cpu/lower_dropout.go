package cpu

import (
	"math/bits"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu/kernel"
)

func (p *program) dropout(c *calls.Dropout) {
	p.drop(c.X, nil, c.Y, c.Step, c.Seed, c.Rate, c.Channels)
}

func (p *program) dropoutGrad(c *calls.DropoutGrad) {
	p.drop(c.DY, c.Acc, c.DX, c.Step, c.Seed, c.Rate, c.Channels)
}

// drop appends the tasks y = acc + x·mask/(1 − rate).
func (p *program) drop(from, before, to, at *device.Tensor, seed uint64, rate float64, channels bool) {
	x, acc, y, step := p.features(from), p.features(before), p.features(to), p.plain(at)
	if p.err != nil {
		return
	}
	chance, factor := calls.Chance(rate), float32(1/(1-rate))
	if channels {
		p.dropChannels(x, acc, y, step, seed, chance, factor)
		return
	}
	area := x.H * x.W
	p.masked(x, acc, y, step, func(row []float32, at part, h int) {
		stream := calls.NewStream(seed, uint64(step[0]))
		for lane := range x.channels(at.plane) {
			place := uint64((at.n*x.C+at.plane*x.Block+lane)*area + (at.first+h)*x.W)
			for i := lane; i < len(row); i += x.Block {
				kept := factor
				if stream.Below(place, chance) {
					kept = 0
				}
				row[i] *= kept
				place++
			}
		}
	})
}

// channels returns the number of channels of a plane that are not surplus.
func (f features) channels(plane int) int { return min(f.Block, f.C-plane*f.Block) }

// dropChannels is drop of whole channels of a sample.
func (p *program) dropChannels(x, acc, y features, step []float32, seed, chance uint64, factor float32) {
	y = y.over(x, acc)
	numbers := make([]kernel.Affine, x.N*x.Planes)
	for i := range numbers {
		numbers[i].Below, numbers[i].Leaky = below(calls.Identity)
	}
	p.prepare(func() {
		stream := calls.NewStream(seed, uint64(step[0]))
		for n := range x.N {
			for c := range x.C {
				kept := factor
				if stream.Below(uint64(n*x.C+c), chance) {
					kept = 0
				}
				numbers[n*x.Planes+c/x.Block].Scale[c%x.Block] = kept
			}
		}
	}, step)
	cut, run := split(x.Map), p.kernels.Activate
	p.overMap(cut, func(_, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			run(at.out(y), at.in(x), at.in(acc), &numbers[at.n*x.Planes+at.plane], at.Rows)
		}
	}, regions(x, acc), regions(y))
}

// masked appends the task y = acc + x with each row of x masked before; y may be in the place of x or acc.
func (p *program) masked(
	x, acc, y features, step []float32, mask func(row []float32, at part, h int),
) {
	y = y.over(x, acc)
	cut := split(x.Map)
	p.needRows(x.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		for i := first; i < end; i++ {
			at := cut.part(i)
			in, before, out := at.in(x), at.in(acc), at.out(y)
			row := p.rowMemory[worker][:at.row]
			for h := range at.count {
				copy(row, at.rowOf(in, h))
				mask(at.pixels(row, 0), at, h)
				if before == nil {
					copy(at.rowOf(out, h), row)
					continue
				}
				p.kernels.Add(at.rowOf(out, h), row, at.rowOf(before, h), at.one())
			}
		}
	}, append(regions(x, acc), flat(step)), regions(y))
}

func (p *program) dropBlock(c *calls.DropBlock) {
	p.dropSquares(c.X, nil, c.Y, c.Step, c.Seed, c.Rate, c.Size)
}

func (p *program) dropBlockGrad(c *calls.DropBlockGrad) {
	p.dropSquares(c.DY, c.Acc, c.DX, c.Step, c.Seed, c.Rate, c.Size)
}

// dropSquares appends the tasks y = acc + x·mask·(elements/kept elements). The mask is a bit for each element, 1 where
// it is dropped, in rows of whole words.
func (p *program) dropSquares(from, before, to, at *device.Tensor, seed uint64, rate float64, size int) {
	x, acc, y, step := p.features(from), p.features(before), p.features(to), p.plain(at)
	if p.err != nil {
		return
	}
	squares, words := calls.NewSquares(x.H, x.W, size, rate), (x.W+63)/64
	plane := x.H * words
	dropped := make([]uint64, x.N*x.C*plane)
	counts := make([]int, x.N*x.C)
	p.bySample(x.N*x.C, x.C, x.N, func(_, piece int) {
		bitsOf := dropped[piece*plane:][:plane]
		clear(bitsOf)
		squares.Draw(calls.NewStream(seed, uint64(step[0])), piece, func(h, w int) {
			for row := h; row < h+squares.Side; row++ {
				for i := w; i < w+squares.Side; i++ {
					bitsOf[row*words+i/64] |= 1 << (i % 64)
				}
			}
		})
		counts[piece] = 0
		for _, word := range bitsOf {
			counts[piece] += bits.OnesCount64(word)
		}
	}, []region{flat(step)}, nil)
	var factor float32
	p.once(func() {
		kept := x.N * x.C * x.H * x.W
		elements := kept
		for _, n := range counts {
			kept -= n
		}
		factor = 0
		if kept > 0 {
			factor = float32(float64(elements) / float64(kept))
		}
	})
	y = y.over(x, acc)
	cut, numbers := split(x.Map), make([]kernel.Affine, p.pool.workers)
	for i := range numbers {
		numbers[i].Below, numbers[i].Leaky = below(calls.Identity)
	}
	p.needBands(x.Row)
	p.overMap(cut, func(worker, piece int) {
		first, end := cut.of(piece)
		by := &numbers[worker]
		for lane := range by.Scale {
			by.Scale[lane] = factor
		}
		for i := first; i < end; i++ {
			at := cut.part(i)
			in, before, out := at.in(x), at.in(acc), at.out(y)
			at.bands(func(b band) {
				to := b.of(out)
				if before != nil {
					to, _ = p.bandsOf(worker, b)
				}
				p.kernels.Activate(to, b.of(in), nil, by, b.Rows)
				for lane := range x.channels(at.plane) {
					from := (at.n*x.C+at.plane*x.Block+lane)*plane + (at.first+b.first/at.row)*words
					for h := range b.Count {
						clearDropped(to[h*at.row+at.Block+lane:], dropped[from+h*words:][:words], at.Block)
					}
				}
				if before != nil {
					p.kernels.Add(b.of(out), to, b.of(before), b.Rows)
				}
			})
		}
	}, append(regions(x, acc), flat(step)), regions(y))
}

// clearDropped clears the dropped numbers of one channel of a row, which are `block` floats apart.
func clearDropped(row []float32, dropped []uint64, block int) {
	for i, word := range dropped {
		for ; word != 0; word &= word - 1 {
			row[(64*i+bits.TrailingZeros64(word))*block] = 0
		}
	}
}
