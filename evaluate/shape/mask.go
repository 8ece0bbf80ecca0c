// Package shape measures where a segmentation differs from the truth, not only
// how much: distances between outlines and agreement of centre-lines.
package shape

// A Mask is a binary image, row-major.
type Mask struct {
	Width, Height int // px
	Pixels        []bool
}

// NewMask makes an empty mask.
func NewMask(width, height int) *Mask {
	return &Mask{Width: width, Height: height, Pixels: make([]bool, width*height)}
}

// at is false outside of the image.
func (m *Mask) at(x, y int) bool {
	return x >= 0 && y >= 0 && x < m.Width && y < m.Height && m.Pixels[y*m.Width+x]
}

// outline returns the pixels of the mask that touch something else by an edge;
// beyond the image's border is something else.
func (m *Mask) outline() *Mask {
	edge := NewMask(m.Width, m.Height)
	for y := range m.Height {
		for x := range m.Width {
			if m.at(x, y) && !(m.at(x-1, y) && m.at(x+1, y) && m.at(x, y-1) && m.at(x, y+1)) {
				edge.Pixels[y*m.Width+x] = true
			}
		}
	}
	return edge
}
