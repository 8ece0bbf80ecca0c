package main

import "fmt"

// Fields of the Go structure multiplyArgs.
const (
	multiplyV = iota
	multiplyU
	multiplyM
	multiplyVPlane
	multiplyVPosition
	_ // there is one output block
	multiplyMPosition
	multiplyPlanes
	multiplyLanes
	multiplyPositions
	multiplyTiles
)

// Fields of the Go structure accumulateArgs.
const (
	accumulateV = iota
	accumulateD
	accumulateSums
	accumulateVPosition
	accumulateDPosition
	accumulatePositions
	accumulateTiles
	accumulateAdd
)

func winograds(f *file) {
	fmt.Fprint(&f.tables, "var multipliersNEON = []multiplier{\n")
	for _, tiles := range []int{4, 6} {
		name := fmt.Sprintf("multiply%dNEON", tiles)
		multiply(f, tiles, name)
		fmt.Fprintf(&f.tables, "{%d, 1, %d, %s},\n", lanes, tiles, name)
	}
	fmt.Fprint(&f.tables, "}\n\nvar transformsNEON = [winogradSizes]transforms{\n")
	for _, size := range []int{4, 3, 2} {
		fmt.Fprintf(&f.tables, "winograd%d: {", size)
		transforms(f, size)
		fmt.Fprint(&f.tables, "},\n")
	}
	fmt.Fprint(&f.tables, "}\n\n")
	accumulate(f)
	addUp(f)
}

// multiply generates the kernel that multiplies transformed tiles by weights: at each position a matrix product
// over the channels, for some tiles at a time. Channels come in fours.
func multiply(f *file, tiles int, name string) {
	const (
		positions, v, m, u      gp = 1, 3, 8, 9
		planes, channels, count gp = 10, 11, 12
		distance, step, plane   gp = 13, 14, 15 // of the tiles from the first, in bytes
	)
	t := &tile{file: f, family: family{taps: 1, step: lanes, skip: 1}, rows: 1, cols: tiles, width: lanes}
	f.begin(name, "multiplyArgs", 0)
	f.field(multiplyU, u)
	f.field(multiplyV, v)
	f.field(multiplyM, m)
	f.field(multiplyPositions, positions)
	f.repeat(positions, func() {
		f.op("MOVD $0, %v", distance)
		f.field(multiplyTiles, count)
		f.repeat(count, func() {
			f.op("ADD %v, %v, %v", v, distance, plane)
			f.move(u, tileW)
			for i := range t.accs() {
				f.zero(vec(i))
			}
			f.field(multiplyPlanes, planes)
			f.repeat(planes, func() {
				f.move(plane, rowBase(0))
				f.field(multiplyLanes, channels)
				f.op("LSR $2, %v, %v", channels, channels)
				f.repeat(channels, func() {
					t.body(quad)
					f.advance(vector, rowBase(0))
					f.advance(quad*4*lanes, tileW)
				})
				f.field(multiplyVPlane, step)
				f.add(step, plane)
			})
			f.op("ADD %v, %v, %v", m, distance, step)
			for p := range tiles {
				t.write(p, step, p*4*lanes)
			}
			f.advance(tiles*4*lanes, distance)
		})
		f.move(tileW, u) // the weights of the next position are next in memory
		f.field(multiplyVPosition, step)
		f.add(step, v)
		f.field(multiplyMPosition, step)
		f.add(step, m)
	})
	f.end()
}

// accumulate generates the kernel that computes, at each position, the sums over tiles of the products of 16 input
// and 16 output channels: eight by eight at a time, whose sums take 16 registers.
func accumulate(f *file) {
	const (
		v, d, sums, positions gp = 1, 2, 3, 4
		vAt, dAt, tiles, step gp = 5, 6, 7, 8
		add                   gp = 9
	)
	const group = 8
	acc := func(lane, h int) vec { return vec(part*lane + h) }
	accs := vec(group * part)
	f.begin("accumulateNEON", "accumulateArgs", 0)
	f.field(accumulateV, v)
	f.field(accumulateD, d)
	f.field(accumulateSums, sums)
	f.field(accumulatePositions, positions)
	f.field(accumulateAdd, add)
	f.repeat(positions, func() {
		for in := 0; in < lanes; in += group {
			for out := 0; out < lanes; out += part * quad {
				for i := range accs {
					f.zero(i)
				}
				f.op("ADD $%d, %v, %v", 4*in, v, vAt)
				f.op("ADD $%d, %v, %v", 4*out, d, dAt)
				f.field(accumulateTiles, tiles)
				f.count(tiles, []int{2, 1}, func(n int) {
					for t := range n {
						x := accs + vec(8*t)
						f.loadPair(vAt, t*4*lanes, x, x+1)
						f.loadPair(dAt, t*4*lanes, x+2, x+3)
						for lane := range group {
							for h := range part {
								f.fmlaBy(acc(lane, h), x+2+vec(h), x+vec(lane/quad), lane%quad)
							}
						}
					}
					f.advance(n*4*lanes, vAt)
					f.advance(n*4*lanes, dAt)
				})
				store := f.label("store")
				at := func(lane int) int { return 4 * ((in+lane)*lanes + out) }
				f.op("CBZ %v, %s", add, store)
				for lane := range group {
					x := accs + vec(part*(lane%4))
					f.loadPair(sums, at(lane), x, x+1)
					for h := range part {
						f.fadd(acc(lane, h), acc(lane, h), x+vec(h))
					}
				}
				f.mark(store)
				for lane := range group {
					f.storePair(acc(lane, 0), acc(lane, 1), sums, at(lane))
				}
			}
		}
		f.field(accumulateVPosition, step)
		f.add(step, v)
		f.field(accumulateDPosition, step)
		f.add(step, d)
		f.advance(4*lanes*lanes, sums)
	})
	f.end()
}

// addUp generates the kernel that adds vectors of 16 floats, to = from + addend: transformCount vectors at each of
// transformToTile places, transformFromRow apart.
func addUp(f *file) {
	const (
		from, to, addend, places  gp = 1, 2, 3, 4
		fromAt, toAt, addAt, left gp = 5, 6, 7, 8
		step                      gp = 9
	)
	f.begin("addUpNEON", "transformArgs", 0)
	f.field(transformFrom, from)
	f.field(transformTo, to)
	f.field(transformAddend, addend)
	f.field(transformToTile, places)
	f.field(transformFromRow, step)
	f.repeat(places, func() {
		f.move(from, fromAt)
		f.move(to, toAt)
		f.move(addend, addAt)
		f.field(transformCount, left)
		f.repeat(left, func() {
			for h := vec(0); h < lanes/quad; h += 2 {
				f.loadPair(fromAt, int(h)*vector, h, h+1)
				f.loadPair(addAt, int(h)*vector, h+4, h+5)
				f.fadd(h, h, h+4)
				f.fadd(h+1, h+1, h+5)
				f.storePair(h, h+1, toAt, int(h)*vector)
			}
			for _, r := range []gp{fromAt, toAt, addAt} {
				f.advance(4*lanes, r)
			}
		})
		for _, r := range []gp{from, to, addend} {
			f.add(step, r)
		}
	})
	f.end()
}
