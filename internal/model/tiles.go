package model

import (
	"context"
	"math"

	"r2unet/internal/device"
)

// largestPass is the number of pixels that one pass computes at most; a larger image is cut into tiles. It bounds the arena to
// about a gigabyte for the paper's channels.
const largestPass = 3 << 19

// predictTiled computes one padded image [C, h, w] in windows of one size that overlap by a halo on each side, and keeps of
// each window what no pixel outside of it can reach, so that the result is that of a single pass.
func (m *Model) predictTiled(ctx context.Context, probabilities, image []float32, h, w, limit int) error {
	halo, err := m.halo()
	if err != nil {
		return err
	}
	c, multiple := m.config.InChannels, m.config.Arch.Multiple()
	side := max(int(math.Sqrt(float64(limit)))/multiple*multiple, 2*halo+multiple)
	wh, ww := min(side, h), min(side, w)
	in, out := make([]float32, c*wh*ww), make([]float32, wh*ww)
	for _, rows := range windows(h, wh, halo) {
		for _, columns := range windows(w, ww, halo) {
			for i := range c {
				for y := range wh {
					copy(in[(i*wh+y)*ww:][:ww], image[(i*h+rows.start+y)*w+columns.start:])
				}
			}
			if err := m.predictPass(ctx, out, in, 1, wh, ww); err != nil {
				return err
			}
			for y := rows.from; y < rows.to; y++ {
				copy(probabilities[y*w+columns.from:y*w+columns.to], out[(y-rows.start)*ww+columns.from-columns.start:])
			}
		}
	}
	return nil
}

// window is a stretch of an axis that is computed, from start on, and the part from … to of it that is kept.
type window struct{ start, from, to int }

// windows covers an axis of n pixels by windows of `size`, of which a halo is lost at each end that is not the axis' own.
// n, size and halo are multiples of the network's, so that pools see the same pairs in every window.
func windows(n, size, halo int) []window {
	var out []window
	for from := 0; from < n; {
		start := max(from-halo, 0)
		if start+size >= n {
			return append(out, window{n - size, from, n})
		}
		to := start + size - halo
		out = append(out, window{start, from, to})
		from = to
	}
	return out
}

// halo is how far, in pixels of the image, a logit looks at most, rounded up to a multiple of the network's. It follows the
// kernel calls of a forward pass, so that it holds for any block.
func (m *Model) halo() (int, error) {
	multiple := m.config.Arch.Multiple()
	calls, err := forwardCalls(m.config.Arch, m.config.InChannels, multiple, multiple)
	if err != nil {
		return 0, err
	}
	return roundUp(reach(calls), multiple), nil
}

// reach is the largest distance in pixels of the image over which the last call's result depends on it.
func reach(calls []device.Call) int {
	type view struct{ radius, scale int } // scale: pixels of the image for one of the map
	seen := map[*device.Tensor]view{}
	last := 0
	for _, c := range calls {
		in := view{scale: 1}
		for _, t := range device.Reads(c) {
			if v, ok := seen[t.Root()]; ok {
				in = view{max(in.radius, v.radius), v.scale}
			}
		}
		r := c.Traits().Reach
		in.radius += r.Radius * in.scale
		in.scale = in.scale * r.Shrink / r.Grow
		for _, t := range device.Writes(c) {
			root := t.Root() // a concatenation is written in two parts
			in.radius = max(in.radius, seen[root].radius)
			seen[root] = in
			last = in.radius
		}
	}
	return last
}
