package layers

import (
	"math"
	"math/rand/v2"
)

// An Initializer sets a parameter's initial values. Random ones are drawn from a stream that depends only on the seed
// and the parameter's name.
type Initializer struct {
	fill func(to []float32, stream *rand.Rand)
	// gained is set if the profile's initial gain is a factor on the values.
	gained bool
}

// Constant sets all values to v.
func Constant(v float32) Initializer {
	return Initializer{fill: func(to []float32, _ *rand.Rand) {
		for i := range to {
			to[i] = v
		}
	}}
}

// HeNormal draws from a normal distribution with variance 2/fan-in (He et al. 2015), which preserves the magnitude of
// values through a ReLU. The initial gain of Params.Init is a factor on it.
func HeNormal(fanIn int) Initializer {
	deviation := math.Sqrt(2 / float64(fanIn))
	init := random(func(r *rand.Rand) float64 { return deviation * r.NormFloat64() })
	init.gained = true
	return init
}

// Uniform draws uniformly from ±1/√fan-in, PyTorch's default. No ReLU follows a projection, an up-convolution or the
// head: there He's variance, six times as large, leads to first losses of about 10, which the first steps then have
// to reduce.
func Uniform(fanIn int) Initializer {
	bound := 1 / math.Sqrt(float64(fanIn))
	return random(func(r *rand.Rand) float64 { return bound * (2*r.Float64() - 1) })
}

func random(draw func(*rand.Rand) float64) Initializer {
	return Initializer{fill: func(to []float32, stream *rand.Rand) {
		for i := range to {
			to[i] = float32(draw(stream))
		}
	}}
}
