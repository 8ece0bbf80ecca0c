package device

// Float is the element type of row-major values.
type Float interface{ float32 | float64 }

// Definition computes a call over row-major values, in either precision.
type Definition struct {
	F32 func(Values[float32])
	F64 func(Values[float64])
}

// Define returns the definition of a call, given the two instances of one generic function.
func Define[C any](c C, f32 func(C, Values[float32]), f64 func(C, Values[float64])) Definition {
	return Definition{
		F32: func(v Values[float32]) { f32(c, v) },
		F64: func(v Values[float64]) { f64(c, v) },
	}
}

// Values returns the row-major values of a tensor that is not a view, from its first element on; the slice may be
// longer than the tensor.
type Values[T Float] func(*Tensor) []T

// Execute computes a call by its definition.
func Execute[T Float](call Call, at Values[T]) {
	d := call.Definition()
	switch at := any(at).(type) {
	case Values[float32]:
		d.F32(at)
	case Values[float64]:
		d.F64(at)
	}
}

// Map is a feature map [N, C, H, W] in row-major order. For a view of some channels the distance between samples is
// larger than C·H·W.
type Map[T Float] struct {
	Data       []T
	N, C, H, W int
	Sample     int // distance between samples, in elements
}

// Features returns the map of a tensor; for an absent tensor it returns the zero value, which is not Present.
func (v Values[T]) Features(t *Tensor) Map[T] {
	if t == nil {
		return Map[T]{}
	}
	root, start := t.Place()
	plane := t.Shape[2] * t.Shape[3]
	return Map[T]{
		Data: v(root)[start*plane:],
		N:    t.Shape[0], C: t.Shape[1], H: t.Shape[2], W: t.Shape[3],
		Sample: root.Shape[1] * plane,
	}
}

// Plain returns the values of a tensor that is not a feature map; nil if it is absent.
func (v Values[T]) Plain(t *Tensor) []T {
	if t == nil {
		return nil
	}
	root, start := t.Place()
	return v(root)[start : start+t.Elements()]
}

// Present reports whether the map is there.
func (m Map[T]) Present() bool { return m.Data != nil }

// Plane returns channel c of sample n, H·W elements.
func (m Map[T]) Plane(n, c int) []T {
	at := n*m.Sample + c*m.H*m.W
	return m.Data[at : at+m.H*m.W]
}

// Row returns row h of channel c of sample n.
func (m Map[T]) Row(n, c, h int) []T {
	at := n*m.Sample + (c*m.H+h)*m.W
	return m.Data[at : at+m.W]
}

// Set copies another map of the same shape, or sets zeros if it is absent: the initial value of a gradient.
func (m Map[T]) Set(from Map[T]) {
	for n := range m.N {
		for c := range m.C {
			if from.Present() {
				copy(m.Plane(n, c), from.Plane(n, c))
			} else {
				clear(m.Plane(n, c))
			}
		}
	}
}

// Clone returns a copy of the map in memory of its own.
func (m Map[T]) Clone() Map[T] {
	out := Map[T]{make([]T, m.N*m.C*m.H*m.W), m.N, m.C, m.H, m.W, m.C * m.H * m.W}
	out.Set(m)
	return out
}
