package raster

// Oriented returns the size of a picture of width×height stored pixels after turning it by its orientation, see
// Image.Orient.
func Oriented(width, height, orientation int) (int, int) {
	if orientation >= 5 && orientation <= 8 {
		return height, width
	}
	return width, height
}

// Orient returns a picture as a viewer shows it, given the orientation of TIFF's tag 274 or of EXIF: 1 as stored, 2
// mirrored, 3 rotated by 180°, 4 upside down, 5 with rows as columns, 6 rotated clockwise by 90°, 7 rotated and
// mirrored, 8 rotated anticlockwise by 90°. Other numbers leave the picture as stored, as in viewers.
func (m *Image) Orient(orientation int) *Image {
	if orientation < 2 || orientation > 8 {
		return m
	}
	w, h := Oriented(m.Width, m.Height, orientation)
	out := &Image{Width: w, Height: h, Channels: m.Channels, Type: m.Type, Orientation: orientation}
	out.Data = m.turned(m.Data, m.Channels*m.Type.Bytes(), orientation)
	if m.Alpha != nil {
		out.Alpha = m.turned(m.Alpha, m.Type.Bytes(), orientation)
	}
	if m.Indices != nil {
		out.Indices = m.turned(m.Indices, 1, orientation)
	}
	return out
}

// turned reorders pixels of size bytes.
func (m *Image) turned(data []byte, size, orientation int) []byte {
	w, h := Oriented(m.Width, m.Height, orientation)
	out := make([]byte, len(data))
	right, bottom := m.Width-1, m.Height-1
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = right - x
			case 3:
				sx, sy = right-x, bottom-y
			case 4:
				sy = bottom - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, bottom-x
			case 7:
				sx, sy = right-y, bottom-x
			case 8:
				sx, sy = right-y, x
			}
			copy(out[(y*w+x)*size:(y*w+x+1)*size], data[(sy*m.Width+sx)*size:])
		}
	}
	return out
}
