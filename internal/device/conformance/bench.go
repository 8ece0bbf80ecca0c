package conformance

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// placement is where features are placed.
type placement string

const (
	separate placement = "separate"
	// views are at channel 16 of a map with 32 more channels, if the device can place them there.
	views placement = "as views"
	// inPlace lets results overwrite the input that the test names.
	inPlace placement = "in place"
)

// A bench builds the plan of one test. Feature inputs are copied from buffers into the arena, which was poisoned, and
// feature results are read from it through a copy and through a 3×3 convolution, which also reads the border of a
// map.
type bench struct {
	dev     device.Device
	place   placement
	plan    *device.Plan
	results []*device.Tensor
	buffers map[string]device.Buffer // of results
	err     error
}

func (b *bench) call(c device.Call) { b.plan.Calls = append(b.plan.Calls, c) }

// random returns numbers around zero from a stream whose seed is the name.
func random(name string, n int) []float32 {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

// buffer returns a tensor in a buffer with these values.
func (b *bench) buffer(name string, kind device.Kind, values []float32, shape ...int) *device.Tensor {
	buffer, err := b.dev.Alloc(shape, kind)
	if err == nil {
		err = b.dev.Write(buffer, values)
	}
	if err != nil && b.err == nil {
		b.err = err
	}
	return &device.Tensor{Name: name, Shape: shape, Kind: kind, Buffer: buffer}
}

// arena returns a new tensor in the arena, or a view of one.
func (b *bench) arena(name string, shape ...int) *device.Tensor {
	t := &device.Tensor{Name: name, Shape: shape, Kind: device.Features}
	owner := t
	if c := shape[1]; b.place == views && b.dev.Places(16, c) && b.dev.Places(0, c+32) {
		owner = &device.Tensor{
			Name: name + "'s parent", Shape: []int{shape[0], c + 32, shape[2], shape[3]},
			Kind: device.Features,
		}
		t.Parent, t.Start = owner, 16
	}
	owner.Offset = b.plan.Arena
	const align = 256
	b.plan.Arena += (b.dev.Size(owner.Shape, owner.Kind) + align - 1) / align * align
	return t
}

// features returns a random input.
func (b *bench) features(name string, shape ...int) *device.Tensor {
	return b.featuresOf(name, random(name, elements(shape)), shape...)
}

func (b *bench) featuresOf(name string, values []float32, shape ...int) *device.Tensor {
	from, to := b.buffer(name, device.Features, values, shape...), b.arena(name, shape...)
	b.call(&calls.Slice{X: from, Y: to})
	return to
}

// plain returns a random row-major input.
func (b *bench) plain(name string, shape ...int) *device.Tensor {
	return b.buffer(name, device.Plain, random(name, elements(shape)), shape...)
}

// positive returns a row-major input of numbers of at least 0.1.
func (b *bench) positive(name string, shape ...int) *device.Tensor {
	values := random(name, elements(shape))
	for i, v := range values {
		values[i] = float32(math.Abs(float64(v))) + 0.1
	}
	return b.buffer(name, device.Plain, values, shape...)
}

// norm returns a batch normalization of c channels with random parameters.
func (b *bench) norm(c int) *calls.Norm {
	stats := random("stats", 2*c)
	for i := c; i < 2*c; i++ {
		stats[i] = float32(math.Abs(float64(stats[i]))) + 0.1
	}
	return &calls.Norm{
		Stats: b.buffer("stats", device.Plain, stats, 2, c), Gamma: b.plain("gamma", c), Beta: b.plain("beta", c),
		Epsilon: 1e-5,
	}
}

// result returns a feature output. In place it overwrites over, if not nil.
func (b *bench) result(name string, over *device.Tensor, shape ...int) *device.Tensor {
	var t *device.Tensor
	if b.place == inPlace && over != nil {
		alias := *over
		alias.Name = name
		t = &alias
	} else {
		t = b.arena(name, shape...)
	}
	b.results = append(b.results, t)
	return t
}

// plainResult returns a row-major output filled with NaN. In place it overwrites over, if not nil.
func (b *bench) plainResult(name string, over *device.Tensor, shape ...int) *device.Tensor {
	if b.place == inPlace && over != nil {
		b.buffers[name] = over.Buffer
		return over
	}
	values := make([]float32, elements(shape))
	for i := range values {
		values[i] = float32(math.NaN())
	}
	t := b.buffer(name, device.Plain, values, shape...)
	b.buffers[name] = t.Buffer
	return t
}

// probe appends the calls that read the feature results.
func (b *bench) probe() {
	for _, t := range b.results {
		n, c, h, w := t.Shape[0], t.Shape[1], t.Shape[2], t.Shape[3]
		value := b.buffer(t.Name, device.Features, make([]float32, t.Elements()), t.Shape...)
		b.call(&calls.Slice{X: t, Y: value})
		b.buffers[t.Name] = value.Buffer

		around := t.Name + " through a 3x3 convolution"
		z := b.buffer(around, device.Features, make([]float32, n*5*h*w), n, 5, h, w)
		b.call(&calls.Conv{X: t, W: b.plain("probe", 5, c, 3, 3), Z: z})
		b.buffers[around] = z.Buffer
	}
}
