package model

import (
	"fmt"
	"math"

	"r2unet/internal/device"
)

// passes is how images of one size are predicted: padded, and in one pass or in tiles.
type passes struct {
	paddedH, paddedW int // a size that the network accepts
	top, left        int // position of the image inside the padding
	images           int // images in one pass, a divisor of their number
	h, w             int // size of one pass
	halo             int // discarded at each side of a tile that is not a side of the image
}

// An image that is mostly padding is refused if it is also large: 8 kB of a narrow picture, 67,108,864×1 px, would be
// padded to more than 10¹⁰ pixels by a network of ten levels, and take days.
const (
	mostPadded  = 1 << 24 // px
	mostPadding = 4       // times the image's own pixels
)

// passes plans the prediction of n images of h×w pixels.
func (m *Model) passes(n, h, w, largest int) (passes, error) {
	multiple := m.config.Arch.Multiple()
	p := passes{paddedH: roundUp(h, multiple), paddedW: roundUp(w, multiple), images: n}
	p.top, p.left = (p.paddedH-h)/2, (p.paddedW-w)/2
	p.h, p.w = p.paddedH, p.paddedW
	if padded := float64(p.paddedH) * float64(p.paddedW); padded > mostPadded &&
		padded > mostPadding*float64(h)*float64(w) {
		return p, fmt.Errorf("an image of %d×%d px would be padded to %d×%d px, as the network needs "+
			"multiples of %d px: too narrow to be predicted", w, h, p.paddedW, p.paddedH, multiple)
	}
	if p.h*p.w <= largest {
		p.images = min(n, largest/(p.h*p.w))
		for n%p.images != 0 {
			p.images--
		}
		return p, nil
	}
	reach, err := m.reach()
	if err != nil {
		return p, err
	}
	p.images = 1
	if reach == WholeImage {
		return p, nil
	}
	p.halo = roundUp(reach, multiple)
	side := max(int(math.Sqrt(float64(largest)))/multiple*multiple, 2*p.halo+multiple)
	p.h, p.w = min(side, p.paddedH), min(side, p.paddedW)
	return p, nil
}

// window is a range of an axis that is computed, from start on, and the part of it that is kept, from … to.
type window struct{ start, from, to int }

// windows covers an axis of n pixels by windows of `size`; a halo is discarded at each end that is not an end of the
// axis. n, size and halo are multiples of the network's, so that pools see the same pairs in every window.
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

// WholeImage is the reach of a network with an operator that is not known to be local: any pixel may depend on any
// other, so that an image cannot be cut into tiles.
const WholeImage = -1

// reach returns the largest distance, in pixels, at which the image affects a logit. It is computed from the kernel
// calls of a forward pass, so that it holds for any block.
func (m *Model) reach() (int, error) {
	multiple := m.config.Arch.Multiple()
	calls, err := forwardCalls(m.config, multiple, multiple)
	if err != nil {
		return 0, err
	}
	return reach(calls), nil
}

// reach returns the largest distance, in pixels of the image, at which the last call's result depends on it;
// WholeImage if that is not known.
func reach(calls []device.Call) int {
	type view struct{ radius, scale int } // scale: pixels of the image for one of the map
	seen := map[*device.Tensor]view{}
	last := 0
	for _, c := range calls {
		r := c.Traits().Reach
		if !r.Known() {
			return WholeImage
		}
		in := view{}
		var scales []int
		for _, t := range device.Reads(c) {
			if v, ok := seen[t.Root()]; ok {
				in = view{max(in.radius, v.radius), max(in.scale, v.scale)}
				scales = append(scales, v.scale)
			}
		}
		in.scale = max(in.scale, 1)
		for _, s := range scales { // an operator that enlarges a map may look at one of its result's size
			if s != in.scale && s != in.scale*r.Shrink/r.Grow {
				return WholeImage // no other known operator joins maps of two resolutions
			}
		}
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
