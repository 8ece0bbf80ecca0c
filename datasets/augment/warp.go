package augment

import "math/rand/v2"

// warp is an elastic deformation (Simard et al. 2003): independent displacements on a grid of control points,
// smoothed by cubic B-splines instead of a Gaussian filter over every pixel.
type warp struct {
	grid   float64 // distance of the control points, px
	nx     int
	dx, dy []float64 // of the control points, px
}

// bsplineDeviation is the standard deviation of a cubic B-spline of unit white noise, averaged over positions:
// 151/315, the integral of the squared basis, once for each axis. Dividing by it gives displacements with the
// requested deviation.
const bsplineDeviation = 151.0 / 315.0

func newWarp(r *rand.Rand, h, w int, grid, deviation float64) *warp {
	nx, ny := int(float64(w-1)/grid)+4, int(float64(h-1)/grid)+4
	d := &warp{grid: grid, nx: nx, dx: make([]float64, nx*ny), dy: make([]float64, nx*ny)}
	for i := range d.dx {
		d.dx[i] = r.NormFloat64() * deviation / bsplineDeviation
		d.dy[i] = r.NormFloat64() * deviation / bsplineDeviation
	}
	return d
}

// at returns the displacement of a pixel in px.
func (d *warp) at(u, v int) (x, y float64) {
	gx, gy := float64(u)/d.grid, float64(v)/d.grid
	ix, iy := int(gx), int(gy)
	bx, by := bspline(gx-float64(ix)), bspline(gy-float64(iy))
	for j, wy := range by {
		row := (iy+j)*d.nx + ix
		for i, wx := range bx {
			weight := wx * wy
			x += weight * d.dx[row+i]
			y += weight * d.dy[row+i]
		}
	}
	return x, y
}

// bspline returns the weights of the four control points around a position between two of them.
func bspline(t float64) [4]float64 {
	s := 1 - t
	return [4]float64{s * s * s / 6, (3*t*t*t - 6*t*t + 4) / 6, (3*s*s*s - 6*s*s + 4) / 6, t * t * t / 6}
}
