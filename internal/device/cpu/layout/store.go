package layout

// Store writes a tensor in row-major order [N, C, H, W] into the map's memory, with zero border and surplus channels.
func (m Map) Store(to, from []float32) {
	for n := range m.N {
		for p := range m.Planes {
			clear(to[n*m.Sample+p*m.Plane:][:m.Plane])
		}
		for c := range m.C {
			for h := range m.H {
				src := from[((n*m.C+c)*m.H+h)*m.W:][:m.W]
				dst := to[m.Channel(n, c, h, 0):]
				if m.Block == 1 {
					copy(dst, src)
					continue
				}
				for w, v := range src {
					dst[w*m.Block] = v
				}
			}
		}
	}
}

// Load reads the map's memory into row-major order [N, C, H, W].
func (m Map) Load(to, from []float32) {
	for n := range m.N {
		for c := range m.C {
			for h := range m.H {
				dst := to[((n*m.C+c)*m.H+h)*m.W:][:m.W]
				src := from[m.Channel(n, c, h, 0):]
				if m.Block == 1 {
					copy(dst, src)
					continue
				}
				for w := range dst {
					dst[w] = src[w*m.Block]
				}
			}
		}
	}
}
