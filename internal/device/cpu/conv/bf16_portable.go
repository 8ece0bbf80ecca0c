package conv

import "unsafe"

// Minimal filtering with bfloat16 in plain Go: the definition of the kernels for processors with AVX512_BF16, and what
// others run. It computes the same numbers in the same order.

// A form is how a transform stores sixteen numbers: as float32, as bfloat16, or as bfloat16 that share memory in pairs
// of tiles, or of channels of weights.
type form int

const (
	floats form = iota
	rounded
	pairs
)

// put stores a number at a distance in bytes from a place, which is that of lane 0 of a vector; odd is 1 for the
// second of a pair.
func (f form) put(x float32, to *float32, distance, lane, odd int) {
	switch f {
	case floats:
		*(*float32)(offsetPointer(to, distance+4*lane)) = x
	case rounded:
		*(*uint16)(offsetPointer(to, distance+2*lane)) = roundBF16(x)
	case pairs:
		pair := (*[2]uint16)(offsetPointer(to, distance+4*lane))
		if odd == 0 {
			pair[1] = 0
		}
		pair[odd] = roundBF16(x)
	}
}

// portableMultiply returns the multiplier of bundles of some blocks, `tiles` tiles at a time.
func portableMultiply(blocks, tiles int) multiplier {
	return multiplier{lanes, blocks, tiles, func(a *multiplyArgs) {
		u := unsafe.Slice((*[lanes][2]uint16)(unsafe.Pointer(a.u)), a.positions*a.planes*a.lanes*blocks)
		for position := range a.positions {
			for tile := range a.tiles * tiles {
				for b := range blocks {
					var sums [lanes]float32
					for plane := range a.planes {
						at := position*a.vPosition + plane*a.vPlane + 2*lanes*tile
						x := (*[lanes / 2][2]uint16)(offsetPointer(a.v, at))
						for pair := range a.lanes {
							w := &u[((position*a.planes+plane)*a.lanes+pair)*blocks+b]
							for o := range sums {
								sums[o] = dotBF16(sums[o], x[pair], w[o])
							}
						}
					}
					*(*[lanes]float32)(offsetPointer(a.m, position*a.mPosition+b*a.mBlock+4*lanes*tile)) = sums
				}
			}
		}
	}}
}

// portableAccumulate computes the sums over pairs of tiles of the products of 16 input and 16 output channels.
func portableAccumulate(a *accumulateArgs) {
	for position := range a.positions {
		sums := (*[lanes][lanes]float32)(offsetPointer(a.sums, 4*position*lanes*lanes))
		for in := range lanes {
			var total [lanes]float32
			for tile := range a.tiles {
				v := (*[lanes][2]uint16)(offsetPointer(a.v, position*a.vPosition+4*lanes*tile))
				d := (*[lanes][2]uint16)(offsetPointer(a.d, position*a.dPosition+4*lanes*tile))
				for o := range total {
					total[o] = dotBF16(total[o], v[in], d[o])
				}
			}
			for o, v := range total {
				if a.add != 0 {
					v += sums[in][o]
				}
				sums[in][o] = v
			}
		}
	}
}

// portableAddUp adds vectors of 16 numbers.
func portableAddUp(a *transformArgs) {
	for place := range a.toTile {
		for i := range a.count * lanes {
			at := place*a.fromRow + 4*i
			*offset(a.to, at) = *offset(a.from, at) + *offset(a.addend, at)
		}
	}
}
