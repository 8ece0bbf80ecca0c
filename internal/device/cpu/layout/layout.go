// Package layout defines how the cpu device stores feature maps in memory.
//
// A feature map [N, C, H, W] is stored as [N][planes][H+2][W+2][Block] float32, 64-byte aligned:
//
//   - with more than Half channels, Block is 16 and a plane holds 16 channels, one cache line a pixel;
//   - with 5 to Half channels, Block is 8, and there is one plane;
//   - with fewer (images, logits, targets), Block is 1 and a plane holds one channel.
//
// A concatenation of maps of Half channels may have Block 8 as well, and a plane for each of them (see Split).
//
// The border of one pixel around every plane and the surplus channels of the last plane are zero. Whoever writes a
// map also writes these zeros, because the memory of a plan's arena held other maps before; so a 3×3 convolution
// needs no special case at the edges.
//
// A view of channels of a larger map begins at a multiple of its block's channels and has the larger map's strides.
package layout

import "fmt"

const (
	// Lanes is the number of channels that are stored together in a blocked map.
	Lanes = 16
	// Half is the number of channels of a pixel of a map of few channels.
	Half = 8
	// SmallChannels is the largest number of channels that are stored as planes of one channel.
	SmallChannels = 4
	// Border is the width of the zero border in pixels.
	Border = 1
)

// A Map is the layout of a feature map relative to its first float, the upper left corner of the border of plane 0 of
// sample 0. Strides are in floats.
type Map struct {
	N, C, H, W int
	// Block is the number of channels of a pixel: 1, Half or Lanes.
	Block int
	// Planes is the number of planes of a sample: C/Block rounded up.
	Planes int
	// Row, Plane and Sample are the distances from one row, plane and sample to the next.
	Row, Plane, Sample int
}

// New returns the layout of a map in memory of its own.
func New(n, c, h, w int) Map {
	m := Map{N: n, C: c, H: h, W: w, Block: 1, Planes: c}
	switch {
	case c > Half:
		m.Block, m.Planes = Lanes, (c+Lanes-1)/Lanes
	case c > SmallChannels:
		m.Block, m.Planes = Half, 1
	}
	m.Row = (w + 2*Border) * m.Block
	m.Plane = (h + 2*Border) * m.Row
	m.Sample = m.Planes * m.Plane
	return m
}

// Size returns the number of floats of a map that is not a view.
func (m Map) Size() int { return m.N * m.Sample }

// Split returns the layout of a map of as many channels in planes of Half channels each, of which C is a multiple. It
// has the same size.
func (m Map) Split() Map {
	m.Block, m.Planes = Half, m.C/Half
	m.Row = (m.W + 2*Border) * m.Block
	m.Plane = (m.H + 2*Border) * m.Row
	m.Sample = m.Planes * m.Plane
	return m
}

// View returns channels start to start+c−1 of the map as a map with the same strides, and its offset in floats from
// the beginning of m. Both numbers are multiples of Block, which is at least Half.
func (m Map) View(start, c int) (Map, int, error) {
	if m.Block < Half || start < 0 || c <= 0 || start+c > m.C || start%m.Block != 0 || c%m.Block != 0 {
		return Map{}, 0, fmt.Errorf("channels %d to %d of %d cannot be viewed in blocks of %d",
			start, start+c, m.C, m.Block)
	}
	v := m
	v.C, v.Planes = c, c/m.Block
	return v, start / m.Block * m.Plane, nil
}

// Places reports whether channels start to start+c−1 of a map are whole planes, so that they can be a map of their
// own.
func Places(start, c int) bool { return start%Lanes == 0 && c%Lanes == 0 && c > 0 }

// Pixel returns the offset of pixel (h, w) of a plane from the beginning of the map; h = −1 and h = H, and the same
// for w, are the border.
func (m Map) Pixel(n, plane, h, w int) int {
	return n*m.Sample + plane*m.Plane + (h+Border)*m.Row + (w+Border)*m.Block
}

// Channel returns the offset of one number from the beginning of the map.
func (m Map) Channel(n, c, h, w int) int {
	return m.Pixel(n, c/m.Block, h, w) + c%m.Block
}
