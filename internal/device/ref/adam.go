package ref

import (
	"math"

	"r2unet/internal/device"
)

func adam[T Float](c *device.Adam, at Memory[T]) {
	param, grad, m, v, rates := at.plain(c.Param), at.plain(c.Grad), at.plain(c.M), at.plain(c.V), at.plain(c.Rates)
	b1, b2 := T(c.Beta1), T(c.Beta2)
	for i, g := range grad {
		m[i] = b1*m[i] + (1-b1)*g
		v[i] = b2*v[i] + (1-b2)*g*g
		param[i] -= rates[0] * m[i] / (T(math.Sqrt(float64(v[i])))*rates[1] + T(c.Epsilon))
	}
}
