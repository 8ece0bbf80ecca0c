package conv

import "r2unet/internal/device/cpu/layout"

// do runs a chunk: it transforms its input tiles, then multiplies for each bundle, transforms back and finishes the
// rows.
func (w *winograd) do(f *Forward, piece int, a *Args, worker *Worker) {
	c := w.chunks[piece]
	positions := w.size.positions()
	vStride := w.inputStride(f.x.Planes)
	v, rest := worker.scratch[:positions*vStride], worker.scratch[positions*vStride:]
	edge := worker.scratch[w.scratch(f.x.Planes, f.kernels.blocks)-edgeFloats:]
	for r := range c.rows {
		w.input(&f.x, a.X, (c.row+r)/w.rows, (c.row+r)%w.rows, c, v, r*(c.last-c.first), vStride, edge, worker)
	}
	for i := range f.bundles {
		b := &f.bundles[i]
		f.clearSums(b, piece, a)
		mStride := w.positionStride(b.blocks)
		w.multiply(f, b, c, v, rest, vStride, mStride, a, worker)
		m := w.size.pixels()
		for r := 0; r < c.rows; {
			n, row := (c.row+r)/w.rows, (c.row+r)%w.rows
			rows := min(c.rows-r, w.rows-row) // of this sample
			if f.e.Staged {
				rows = 1
			}
			for i := range rows {
				w.output(f, b, n, row+i, c, rest[(r+i)*(c.last-c.first)*w.out:], mStride, edge, a, worker)
			}
			f.finish(b, piece, area{n, row * m, min((row+rows)*m, f.z.H), c.first * m, min(c.last*m, f.z.W)}, a, worker)
			r += rows
		}
	}
}

// input transforms a row of tiles of all planes, of which the first is tile `first` of the chunk.
func (w *winograd) input(
	x *layout.Map, data []float32, n, row int, c chunk, v []float32, first, stride int, edge []float32, worker *Worker,
) {
	m := w.size.pixels()
	whole := 0 // tiles that do not extend beyond the map's border
	if row*m+m <= x.H {
		whole = max(0, min(c.last, x.W/m)-c.first)
	}
	t := &worker.transform
	for plane := range x.Planes {
		to := v[plane*w.inputPlane():]
		*t = transformArgs{constants: &inputConstants[w.size], fromTile: 4 * m * w.in, toRow: 4 * stride}
		if whole > 0 {
			t.from, t.fromRow = &data[x.Pixel(n, plane, row*m-1, c.first*m-1)], 4*x.Row
			w.place(t, to, first)
			t.count = whole
			w.transforms.input(t)
		}
		for col := c.first + whole; col < c.last; col++ {
			// Copy the existing part of the tile.
			side := m + 2
			patch := edge[:side*side*w.in]
			clear(patch)
			width := min(side, x.W+2-col*m)
			for r := range min(side, x.H+2-row*m) {
				copy(patch[r*side*w.in:][:width*w.in], data[x.Pixel(n, plane, row*m-1+r, col*m-1):])
			}
			t.from, t.fromRow = &patch[0], 4*side*w.in
			w.place(t, to, first+col-c.first)
			t.count = 1
			w.transforms.input(t)
		}
	}
}

// multiply computes the products of all tiles of the chunk with a bundle's weights.
func (w *winograd) multiply(
	f *Forward, b *bundle, c chunk, v, m []float32, vStride, mStride int, a *Args, worker *Worker,
) {
	p := &f.packing
	group := b.groups[0].group
	k := b.multiplier
	worker.multiply = multiplyArgs{
		v: &v[0], u: &a.W[p.groups[group].from], m: &m[0],
		vPlane: 4 * w.inputPlane(), vPosition: 4 * vStride,
		mBlock: 4 * w.capacity * w.out, mPosition: 4 * mStride,
		planes: p.planes, lanes: p.lanes / p.per, positions: w.size.positions(),
		tiles: (c.rows*(c.last-c.first) + k.tiles - 1) / k.tiles,
	}
	w.aim(f, b, c, a, &worker.multiply)
	k.run(&worker.multiply)
}

// aim sets which part of the output is prefetched because it is written next: the first and last block of the bundle,
// or the upper and lower half of the only one, or that and the residual, which is read next. Whole rows of a map follow
// one another and are one row here.
func (w *winograd) aim(f *Forward, b *bundle, c chunk, a *Args, t *multiplyArgs) {
	data, z := f.raw(a)
	n, row, m := c.row/w.rows, c.row%w.rows, w.size.pixels()
	from := z.Pixel(n, b.first, row*m, c.first*m)
	rows := min((row+c.rows)*m, z.H) - row*m
	floats := (min(c.last*m, z.W) - c.first*m) * w.out
	whole := c.last-c.first == w.cols
	apart := (b.blocks - 1) * z.Plane
	if r := &f.e.Residual; a.Residual != nil && b.blocks == 1 {
		if whole {
			rows, floats = 1, rows*z.Row
		}
		t.prefetch(&data[from], &a.Residual[r.Pixel(n, b.first, row*m, c.first*m)], rows, floats, z.Row, r.Row)
		return
	}
	if b.blocks == 1 {
		rows = (rows + 1) / 2
		apart = rows * z.Row
	}
	if whole {
		rows, floats = 1, rows*z.Row
	}
	t.prefetch(&data[from], &data[from+apart], rows, floats, z.Row, z.Row)
}

// raw returns the map to which tiles are written.
func (f *Forward) raw(a *Args) ([]float32, *layout.Map) {
	if f.e.DropZ {
		return a.Y, &f.e.Y
	}
	return a.Z, &f.z
}

// output transforms a row of tiles of a bundle back and adds the addend.
func (w *winograd) output(
	f *Forward, b *bundle, n, row int, c chunk, products []float32, stride int, edge []float32,
	a *Args, worker *Worker,
) {
	m, z := w.size.pixels(), &f.z
	target := f.target(b, a, n, row*m, c.first*m, worker)
	whole := 0
	if row*m+m <= z.H {
		whole = max(0, min(c.last, z.W/m)-c.first)
	}
	t := &worker.transform
	for i := range b.blocks {
		plane, from := b.first+i, products[i*w.capacity*w.out:]
		*t = transformArgs{
			constants: &outputConstants[w.size], fromRow: 4 * stride, fromTile: 4 * w.out, toTile: 4 * m * w.out,
		}
		if whole > 0 {
			t.from, t.count = &from[0], whole
			t.to, t.toRow = &target.data[target.pixel(plane, 0, c.first*m)], 4*target.row
			if a.Addend != nil {
				t.addend, t.addendRow = &a.Addend[f.e.Addend.Pixel(n, plane, row*m, c.first*m)], 4*f.e.Addend.Row
			}
			w.transforms.output(t)
		}
		for col := c.first + whole; col < c.last; col++ {
			result, addend := edge[36*lanes:][:m*m*w.out], edge[52*lanes:][:m*m*w.out]
			height, width := min(m, z.H-row*m), min(m, z.W-col*m)*w.out
			t.from, t.count = &from[(col-c.first)*w.out], 1
			t.to, t.toRow, t.addend = &result[0], 4*m*w.out, nil
			if a.Addend != nil {
				for r := range height {
					copy(addend[r*m*w.out:][:width], a.Addend[f.e.Addend.Pixel(n, plane, row*m+r, col*m):])
				}
				t.addend, t.addendRow = &addend[0], 4*m*w.out
			}
			w.transforms.output(t)
			for r := range height {
				copy(target.data[target.pixel(plane, r, col*m):][:width], result[r*m*w.out:])
			}
		}
	}
}
