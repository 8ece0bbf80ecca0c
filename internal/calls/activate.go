package calls

import (
	"r2unet/internal/device"
	"r2unet/internal/onnx"
)

// Activate is Y = f(norm(Z)) + Residual; with Norm nil it is f(Z) + Residual. In training Norm.Stats are the batch
// statistics, in evaluation the running ones.
type Activate struct {
	Z        *device.Tensor
	Norm     *Norm
	Function Function
	Residual *device.Tensor
	Y        *device.Tensor
}

func (c *Activate) Name() string { return activation(c.Norm, c.Function) }

// activation returns the name of a function applied after a norm.
func activation(norm *Norm, f Function) string {
	if norm == nil {
		return f.String()
	}
	return "norm + " + f.String()
}

func (c *Activate) Operands() []device.Operand {
	residual := device.LateInput(&c.Residual)
	residual.InPlace = true
	return append(append([]device.Operand{device.Donor(&c.Z), residual}, c.Norm.operands()...), device.Output(&c.Y))
}

func (c *Activate) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *Activate) Definition() device.Definition {
	return device.Define(c, activateCall[float32], activateCall[float64])
}

func (c *Activate) ONNX(g *onnx.Graph) {
	y := c.Z.Name
	if n := c.Norm; n != nil { // the two rows of the statistics have names of their own, as in checkpoints
		y = g.Node("BatchNormalization",
			[]string{y, n.Gamma.Name, n.Beta.Name, n.Stats.Name + "_mean", n.Stats.Name + "_var"},
			onnx.Float("epsilon", n.Epsilon))
	}
	y = c.Function.onnx(g, y)
	if c.Residual != nil {
		y = g.Node("Add", []string{y, c.Residual.Name})
	}
	g.Let(c.Y.Name, y)
}

func activateCall[T device.Float](c *Activate, at device.Values[T]) {
	activate(at.Features(c.Z), normOf(at, c.Norm), value[T](c.Function), at.Features(c.Residual), at.Features(c.Y))
}

func activate[T device.Float](z device.Map[T], norm *norm[T], f func(T) T, residual, y device.Map[T]) {
	identity := func(v T) T { return v }
	for c := range z.C {
		activation := identity
		if norm != nil {
			_, activation = norm.normalized(c)
		}
		for n := range z.N {
			in, out := z.Plane(n, c), y.Plane(n, c)
			if !residual.Present() {
				for i, v := range in {
					out[i] = f(activation(v))
				}
				continue
			}
			r := residual.Plane(n, c)
			for i, v := range in {
				out[i] = f(activation(v)) + r[i]
			}
		}
	}
}

// NormGradSums is the first pass of the gradient of Activate with a norm. With d = DY·f′(norm(Z)) and x̂ = (Z −
// mean)/√(variance + ε): Sums [2, C], row 0 = Σ d (the gradient of Beta), row 1 = Σ d·x̂ (the gradient of Gamma).
type NormGradSums struct {
	Z        *device.Tensor
	Norm     *Norm
	Function Function
	DY       *device.Tensor
	Sums     *device.Tensor
}

func (c *NormGradSums) Name() string { return activation(c.Norm, c.Function) + " gradient sums" }

func (c *NormGradSums) Operands() []device.Operand {
	return append(append([]device.Operand{
		device.Input(&c.Z), device.Input(&c.DY),
	}, c.Norm.operands()...), device.Output(&c.Sums))
}

func (*NormGradSums) Traits() device.Traits { return device.Traits{} }

func (c *NormGradSums) Definition() device.Definition {
	return device.Define(c, normGradSums[float32], normGradSums[float64])
}

func normGradSums[T device.Float](call *NormGradSums, at device.Values[T]) {
	z, norm, dy, sums := at.Features(call.Z), normOf(at, call.Norm), at.Features(call.DY), at.Plain(call.Sums)
	chain := chain[T](call.Function)
	for c := range z.C {
		xhat, activation := norm.normalized(c)
		var dbeta, dgamma float64
		for n := range z.N {
			d := dy.Plane(n, c)
			for i, v := range z.Plane(n, c) {
				gradient := float64(chain(activation(v), d[i]))
				dbeta += gradient
				dgamma += gradient * float64(xhat(v))
			}
		}
		sums[c], sums[z.C+c] = T(dbeta), T(dgamma)
	}
}

// ActivateGrad is the gradient of Activate with respect to Z. With a norm over batch statistics, M = N·H·W:
//
//	DZ = Acc + Gamma/√(variance + ε) · (d − Sums[0]/M − x̂·Sums[1]/M)
//
// and without one DZ = Acc + d, where d = DY·f′(Z).
type ActivateGrad struct {
	Z        *device.Tensor
	Norm     *Norm
	Function Function
	DY, Sums *device.Tensor
	Acc, DZ  *device.Tensor
}

func (c *ActivateGrad) Name() string { return activation(c.Norm, c.Function) + " gradient" }

func (c *ActivateGrad) Operands() []device.Operand {
	return append(append([]device.Operand{
		device.Input(&c.Z), device.Input(&c.Sums), device.Donor(&c.Acc), device.Donor(&c.DY),
	}, c.Norm.operands()...), device.Output(&c.DZ))
}

func (*ActivateGrad) Traits() device.Traits {
	return device.Traits{MemoryBound: true, Reach: device.Within(0)}
}

func (c *ActivateGrad) Definition() device.Definition {
	return device.Define(c, activateGrad[float32], activateGrad[float64])
}

func activateGrad[T device.Float](call *ActivateGrad, at device.Values[T]) {
	z, dy, dz := at.Features(call.Z), at.Features(call.DY), at.Features(call.DZ)
	acc, norm, sums := at.Features(call.Acc), normOf(at, call.Norm), at.Plain(call.Sums)
	count := T(z.N * z.H * z.W)
	chain := chain[T](call.Function)
	for c := range z.C {
		gradient := chain
		if norm != nil {
			xhat, activation := norm.normalized(c)
			scale, dbeta, dgamma := norm.gamma[c]*norm.inverse(c), sums[c]/count, sums[z.C+c]/count
			gradient = func(v, d T) T {
				d = chain(activation(v), d)
				return scale * (d - dbeta - xhat(v)*dgamma)
			}
		}
		for n := range z.N {
			in, d, out := z.Plane(n, c), dy.Plane(n, c), dz.Plane(n, c)
			if !acc.Present() {
				for i, v := range in {
					out[i] = gradient(v, d[i])
				}
				continue
			}
			a := acc.Plane(n, c)
			for i, v := range in {
				out[i] = a[i] + gradient(v, d[i])
			}
		}
	}
}
