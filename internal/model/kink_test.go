package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// unit is the relative rounding error of one float32 operation.
const unit = 0x1p-24

// withinRounding is how near to a kink a value has to be, in units, for float32 to decide by its rounding which way
// the gradient goes. The pre-activations of the golden cases differ between ref in float32 and in float64 by up to 11
// units in the first pass, and by up to 24 after steps of Adam, whose weights differ too.
const withinRounding = 32

// A kink is a value that stands near to where a gradient jumps: a pre-activation near 0, or the two largest values of
// a pooling window near to each other.
type kink struct {
	where string
	// distance to the kink over the sum of the absolute terms that the value was added up from, in units.
	distance float64

	// What would move the value to the other side of its kink, as far behind it as it stands before it.
	pass   int
	tensor string
	at     int
	value  float64
}

func (k kink) String() string {
	return fmt.Sprintf("%s is %.2g roundings from its kink", k.where, k.distance)
}

// kinks watches a training pass in float64 and keeps the values that are near to a kink.
type kinks struct {
	pass    int
	crossed []kink // values that are moved to the other side of their kinks
	near    []kink

	sizes map[*device.Tensor][]float64 // sums of the absolute terms that a map was added up from
	names map[*device.Tensor]string    // of the parameters behind a map
	over  bool                         // the gradients have begun, and only repeat what was seen
}

// watchKinks returns what is to be called before each call of the pass.
func watchKinks(pass int, crossed []kink) *kinks {
	return &kinks{
		pass: pass, crossed: crossed, sizes: map[*device.Tensor][]float64{}, names: map[*device.Tensor]string{},
	}
}

// watch is to be called before each call of the pass, by ref.Device.Watch.
func (k *kinks) watch(call device.Call, at device.Values[float64]) {
	k.cross(call, at)
	if k.over = k.over || call.Traits().Backward; k.over {
		return
	}
	switch c := call.(type) {
	case *calls.Conv:
		z := cmp.Or(c.Z, c.Y)
		k.sizes[z], k.names[z] = sum(c, at, math.Abs), c.W.Name
		if c.Y != nil && c.Function == calls.ReLU {
			norm := c.Norm
			if c.NormLast {
				norm = nil
			}
			k.activation(z, sum(c, at, identity), norm, c.Residual, c.Y, at)
		}
	case *calls.Activate:
		if c.Function == calls.ReLU {
			k.activation(c.Z, rowMajor(at.Features(c.Z)), c.Norm, c.Residual, c.Y, at)
		}
	case *calls.MaxPool:
		k.pooling(c, at)
	}
}

// cross moves values that the call will read to the other side of their kinks.
func (k *kinks) cross(call device.Call, at device.Values[float64]) {
	for _, t := range device.Reads(call) {
		for _, c := range k.crossed {
			if strings.TrimSuffix(t.Name, " again") == c.tensor { // "again" is what the gradients recompute
				plane := t.Shape[2] * t.Shape[3]
				at.Features(t).Plane(c.at/plane/t.Shape[1], c.at/plane%t.Shape[1])[c.at%plane] = c.value
			}
		}
	}
}

func identity(v float64) float64 { return v }

// activation looks at ReLU(norm(z)) + residual.
func (k *kinks) activation(
	z *device.Tensor, values []float64, norm *calls.Norm, residual, y *device.Tensor, at device.Values[float64],
) {
	sizes := k.sizeOf(z, values)
	channels, plane := z.Shape[1], z.Shape[2]*z.Shape[3]
	scale, shift, mean := make([]float64, channels), make([]float64, channels), make([]float64, channels)
	name := k.names[z]
	for c := range channels {
		scale[c] = 1
		if norm != nil {
			stats := at.Plain(norm.Stats)
			scale[c] = at.Plain(norm.Gamma)[c] / math.Sqrt(stats[channels+c]+norm.Epsilon)
			mean[c], shift[c] = stats[c], at.Plain(norm.Beta)[c]
			name = norm.Beta.Name
		}
	}
	out := make([]float64, len(values))
	for i, v := range values {
		c := i / plane % channels
		u := scale[c]*(v-mean[c]) + shift[c]
		size := math.Abs(scale[c])*(sizes[i]+math.Abs(mean[c])) + math.Abs(shift[c])
		other := math.Copysign(max(math.Abs(u), size*unit/2), -u)
		k.note(kink{
			where: "the ReLU behind " + name + place(z.Shape, i), distance: math.Abs(u) / size / unit,
			tensor: z.Name, at: i, value: v + (other-u)/scale[c],
		})
		if u > 0 {
			out[i] = size
		}
	}
	if residual != nil {
		for i, v := range rowMajor(at.Features(residual)) {
			out[i] += math.Abs(v)
		}
	}
	k.sizes[y], k.names[y] = out, name
}

// pooling looks at the two largest values of each window.
func (k *kinks) pooling(c *calls.MaxPool, at device.Values[float64]) {
	values := rowMajor(at.Features(c.X))
	sizes := k.sizeOf(c.X, values)
	width := c.X.Shape[3]
	for i := range c.Y.Elements() {
		row, column := i/c.Y.Shape[3], i%c.Y.Shape[3] // of all planes, one below the other
		corner := 2*row*width + 2*column
		window := []int{corner, corner + 1, corner + width, corner + width + 1}
		slices.SortStableFunc(window, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
		first, second := window[0], window[1]
		size := max(sizes[first], sizes[second])
		if size == 0 {
			continue // zeros behind ReLUs, which let no gradient through whichever is taken
		}
		apart := values[first] - values[second]
		k.note(kink{
			where: "the max-pool behind " + k.names[c.X] + place(c.Y.Shape, i), distance: apart / size / unit,
			tensor: c.X.Name, at: second, value: values[first] + max(apart, size*unit/2),
		})
	}
}

func (k *kinks) note(found kink) {
	if found.distance <= withinRounding {
		found.pass = k.pass
		k.near = append(k.near, found)
	}
}

// sizeOf is the sum of absolute terms behind each value of a map; of a map that no sum was seen for, the values' own
// size.
func (k *kinks) sizeOf(t *device.Tensor, values []float64) []float64 {
	if sizes := k.sizes[t]; sizes != nil {
		return sizes
	}
	sizes := slices.Clone(values)
	for i, v := range sizes {
		sizes[i] = math.Abs(v)
	}
	return sizes
}

// sum is what a convolution adds up before its norm, computed by its definition on copies of its operands, each value
// replaced by f of it: with math.Abs that is Σ|w|·|x| + |bias| + |addend|, which its rounding errors are proportional
// to.
func sum(c *calls.Conv, at device.Values[float64], f func(float64) float64) []float64 {
	z := cmp.Or(c.Z, c.Y)
	alone := &device.Tensor{Name: z.Name, Shape: z.Shape, Kind: z.Kind}
	conv := &calls.Conv{X: c.X, W: c.W, Bias: c.Bias, Addend: c.Addend, Z: alone}
	memory := map[*device.Tensor][]float64{alone: make([]float64, alone.Elements())}
	for _, t := range device.Reads(conv) {
		root := t.Root()
		values := slices.Clone(at(root)[:root.Elements()])
		for i, v := range values {
			values[i] = f(v)
		}
		memory[root] = values
	}
	device.Execute(conv, func(t *device.Tensor) []float64 { return memory[t] })
	return memory[alone]
}

// rowMajor copies a map, which may be a view.
func rowMajor(m device.Map[float64]) []float64 { return m.Clone().Data }

// place names an element of a map.
func place(shape []int, i int) string {
	w, h, c := shape[3], shape[2], shape[1]
	return fmt.Sprintf(" [%d %d %d %d]", i/w/h/c, i/w/h%c, i/w%h, i%w)
}
