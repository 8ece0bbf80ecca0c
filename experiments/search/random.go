package search

import (
	"math/rand/v2"

	"r2unet/internal/setting"
)

func init() { methods.Register("random", func(setting.Setting) Method { return uniform }) }

// uniform draws every key independently of the others and of all results.
func uniform(space Space, from Source, _ []Trial) Point {
	p := make(Point, len(space))
	for i, k := range space {
		p[i] = k.draw(from.of(k.Name))
	}
	return p
}

// draw draws a value uniformly, of a range on its scale.
func (k Key) draw(r *rand.Rand) float64 {
	if n := len(k.Choices); n > 0 {
		return float64(r.IntN(n))
	}
	a, b := k.bounds()
	return k.value(a + r.Float64()*(b-a))
}
