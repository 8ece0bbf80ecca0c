package preprocess

// Grid and resolution of CLAHE: the usual 8×8 tiles, and one bin for each 8-bit grey.
const (
	claheTiles = 8
	claheBins  = 256
)

// CLAHE equalizes the histogram of each plane tile by tile (Zuiderveld 1994): counts above clip times the mean count
// are cut off and distributed over all bins, and each pixel is mapped by the four nearest tiles with bilinear
// interpolation.
func (p *Planes) CLAHE(clip float64) {
	for c := range p.Channels {
		equalize(p.Plane(c), p.Width, p.Height, clip)
	}
}

func equalize(plane []float32, w, h int, clip float64) {
	nx, ny := min(claheTiles, w), min(claheTiles, h)
	maps := make([][claheBins]float32, nx*ny)
	for ty := range ny {
		for tx := range nx {
			x0, x1, y0, y1 := tx*w/nx, (tx+1)*w/nx, ty*h/ny, (ty+1)*h/ny
			var counts [claheBins]float64
			for y := y0; y < y1; y++ {
				for _, v := range plane[y*w+x0 : y*w+x1] {
					counts[bin(v)]++
				}
			}
			maps[ty*nx+tx] = mapping(counts, float64((x1-x0)*(y1-y0)), clip)
		}
	}
	for y := range h {
		ya, yb, fy := neighbours(y, h, ny)
		for x := range w {
			xa, xb, fx := neighbours(x, w, nx)
			b := bin(plane[y*w+x])
			top := maps[ya*nx+xa][b]*(1-fx) + maps[ya*nx+xb][b]*fx
			bottom := maps[yb*nx+xa][b]*(1-fx) + maps[yb*nx+xb][b]*fx
			plane[y*w+x] = top*(1-fy) + bottom*fy
		}
	}
}

func bin(v float32) int { return min(max(int(v*(claheBins-1)+0.5), 0), claheBins-1) }

// mapping returns the clipped, cumulative histogram of one tile, 0–1.
func mapping(counts [claheBins]float64, pixels, clip float64) (m [claheBins]float32) {
	limit := clip * pixels / claheBins
	excess := 0.0
	for i, n := range counts {
		if n > limit {
			excess += n - limit
			counts[i] = limit
		}
	}
	sum := 0.0
	for i, n := range counts {
		sum += n + excess/claheBins
		m[i] = float32(sum / pixels)
	}
	return m
}

// neighbours returns the two tiles whose centres a pixel lies between, and how far it is towards the second, 0–1.
func neighbours(v, size, tiles int) (a, b int, f float32) {
	at := (float32(v)+0.5)*float32(tiles)/float32(size) - 0.5
	if at <= 0 {
		return 0, 0, 0
	}
	a = int(at)
	if a >= tiles-1 {
		return tiles - 1, tiles - 1, 0
	}
	return a, a + 1, at - float32(a)
}
