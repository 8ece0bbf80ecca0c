package ref

import (
	"math"

	"r2unet/internal/device"
)

// norm is a batch normalization for each channel: y = gamma·(z − mean)·inverse + beta.
type norm[T Float] struct {
	mean, variance, gamma, beta []T
	epsilon                     float64
}

func (at Memory[T]) norm(n *device.Norm) *norm[T] {
	if n == nil {
		return nil
	}
	stats, channels := at.plain(n.Stats), n.Stats.Shape[1]
	return &norm[T]{stats[:channels], stats[channels:], at.plain(n.Gamma), at.plain(n.Beta), n.Epsilon}
}

// inverse is 1/√(variance + ε) of channel c.
func (n *norm[T]) inverse(c int) T { return T(1 / math.Sqrt(float64(n.variance[c])+n.epsilon)) }

func batchStats[T Float](z features[T], stats []T) {
	count := float64(z.n * z.h * z.w)
	for c := range z.c {
		mean := 0.0
		for n := range z.n {
			for _, v := range z.plane(n, c) {
				mean += float64(v)
			}
		}
		mean /= count
		variance := 0.0
		for n := range z.n {
			for _, v := range z.plane(n, c) {
				variance += (float64(v) - mean) * (float64(v) - mean)
			}
		}
		stats[c], stats[z.c+c] = T(mean), T(variance/count)
	}
}

func updateRunning[T Float](c *device.UpdateRunning, at Memory[T]) {
	batch, running := at.plain(c.Stats), at.plain(c.Running)
	channels := len(batch) / 2
	unbiased := float64(c.Count) / float64(c.Count-1)
	for i := range channels {
		mean, variance := float64(batch[i]), float64(batch[channels+i])*unbiased
		running[i] = T((1-c.Momentum)*float64(running[i]) + c.Momentum*mean)
		running[channels+i] = T((1-c.Momentum)*float64(running[channels+i]) + c.Momentum*variance)
	}
}

// normalized is a function z ↦ x̂ of channel c, and what Activate feeds to the ReLU.
func (n *norm[T]) normalized(c int) (xhat, activation func(T) T) {
	mean, inverse, gamma, beta := n.mean[c], n.inverse(c), n.gamma[c], n.beta[c]
	xhat = func(z T) T { return (z - mean) * inverse }
	return xhat, func(z T) T { return gamma*xhat(z) + beta }
}

func activate[T Float](z features[T], norm *norm[T], residual, y features[T]) {
	identity := func(v T) T { return v }
	for c := range z.c {
		activation := identity
		if norm != nil {
			_, activation = norm.normalized(c)
		}
		for n := range z.n {
			in, out := z.plane(n, c), y.plane(n, c)
			if !residual.present() {
				for i, v := range in {
					out[i] = max(activation(v), 0)
				}
				continue
			}
			r := residual.plane(n, c)
			for i, v := range in {
				out[i] = max(activation(v), 0) + r[i]
			}
		}
	}
}

func normGradSums[T Float](call *device.NormGradSums, at Memory[T]) {
	z, norm, dy, sums := at.features(call.Z), at.norm(call.Norm), at.features(call.DY), at.plain(call.Sums)
	for c := range z.c {
		xhat, activation := norm.normalized(c)
		var dbeta, dgamma float64
		for n := range z.n {
			d := dy.plane(n, c)
			for i, v := range z.plane(n, c) {
				if activation(v) > 0 {
					dbeta += float64(d[i])
					dgamma += float64(d[i]) * float64(xhat(v))
				}
			}
		}
		sums[c], sums[z.c+c] = T(dbeta), T(dgamma)
	}
}

func activateGrad[T Float](call *device.ActivateGrad, at Memory[T]) {
	z, dy, dz := at.features(call.Z), at.features(call.DY), at.features(call.DZ)
	acc, norm, sums := at.features(call.Acc), at.norm(call.Norm), at.plain(call.Sums)
	count := T(z.n * z.h * z.w)
	for c := range z.c {
		gradient := func(v, d T) T { // of a ReLU alone
			if v > 0 {
				return d
			}
			return 0
		}
		if norm != nil {
			xhat, activation := norm.normalized(c)
			scale, dbeta, dgamma := norm.gamma[c]*norm.inverse(c), sums[c]/count, sums[z.c+c]/count
			gradient = func(v, d T) T {
				if !(activation(v) > 0) {
					d = 0
				}
				return scale * (d - dbeta - xhat(v)*dgamma)
			}
		}
		for n := range z.n {
			in, d, out := z.plane(n, c), dy.plane(n, c), dz.plane(n, c)
			if !acc.present() {
				for i, v := range in {
					out[i] = gradient(v, d[i])
				}
				continue
			}
			a := acc.plane(n, c)
			for i, v := range in {
				out[i] = a[i] + gradient(v, d[i])
			}
		}
	}
}
