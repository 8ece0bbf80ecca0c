package raster

import "bytes"

// SplitAlpha returns a picture whose last channel is alpha with that channel in Alpha.
func (m *Image) SplitAlpha() *Image {
	out := New(m.Width, m.Height, m.Channels-1, m.Type)
	size := m.Type.Bytes()
	colours, pixel := out.Channels*size, m.Channels*size
	out.Alpha = make([]byte, m.Width*m.Height*size)
	for i := range m.Width * m.Height {
		copy(out.Data[i*colours:(i+1)*colours], m.Data[i*pixel:])
		copy(out.Alpha[i*size:(i+1)*size], m.Data[i*pixel+colours:])
	}
	out.dropOpaque()
	return out
}

// dropOpaque removes an alpha channel that is opaque everywhere.
func (m *Image) dropOpaque() {
	if bytes.Count(m.Alpha, []byte{0xff}) == len(m.Alpha) {
		m.Alpha = nil
	}
}

// Unpremultiply divides the colours by alpha, for files that store their products. Where alpha is 0 the colour is
// unknown and stays. Samples must be unsigned.
func (m *Image) Unpremultiply() {
	if m.Alpha == nil {
		return
	}
	full := m.FullScale()
	alpha := Image{Type: m.Type, Data: m.Alpha}
	for i := range m.Width * m.Height {
		a := alpha.At(i)
		if a == 0 || a == full {
			continue
		}
		for c := range m.Channels {
			k := i*m.Channels + c
			m.set(k, uint32(min(m.At(k)*full/a+0.5, full)))
		}
	}
}
