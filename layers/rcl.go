package layers

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// Sharing is how the steps of a recurrent convolutional layer share weights (docs/specification.md, section 1).
type Sharing string

const (
	// Shared is Eq. (1): one forward and one recurrent weight for all steps.
	Shared Sharing = "shared"
	// PerStep has a recurrent weight for each step, as Table IV's parameter counts require.
	PerStep Sharing = "per-step"
	// Tied has a single weight: h_s = ReLU(norm_s(w * (x + h_{s−1}))), as in the popular re-implementations.
	Tied Sharing = "tied"
)

// Recurrence is how an RCL is unrolled.
type Recurrence struct {
	// Steps is t ≥ 1: one forward and t recurrent convolutions.
	Steps   int
	Weights Sharing
}

// RCL is a recurrent convolutional layer, Eq. (1)–(2), unrolled for s = 0 … t:
//
//	h_0 = ReLU(norm_0(w_f * x))
//	h_s = ReLU(norm_s(w_f * x + w_r^s * h_{s−1}))
//
// It returns h_t + residual, [N, out, H, W]; the residual may be nil. w_f * x is computed once. Each step has its own
// norm. With tied weights x must have `out` channels. For another function or order see SetUnits.
func (b *Builder) RCL(name string, x *G.Node, out int, r Recurrence, norm Normalization, residual *G.Node) *G.Node {
	if r.Steps < 1 {
		b.Fail(fmt.Errorf("%s: t = %d, expected at least 1", name, r.Steps))
		return nil
	}
	forward := b.conv(name+".forward_conv", x, out, 3, b.biased(norm), nil)
	step := func(s int, z *G.Node) *G.Node {
		plus := residual
		if s < r.Steps {
			plus = nil
			if r.Weights == Tied {
				plus = x // the next step convolves x + h
			}
		}
		return b.finish(fmt.Sprintf("%s.norm.%d", name, s), z, norm, plus)
	}
	h := step(0, forward)
	for s := 1; s <= r.Steps; s++ {
		h = step(s, b.recurrent(name, s, forward, h, out, r.Weights, norm))
	}
	return h
}

// recurrent returns the argument of norm and ReLU at step s ≥ 1.
func (b *Builder) recurrent(
	name string, s int, forward, h *G.Node, out int, weights Sharing, norm Normalization,
) *G.Node {
	switch weights {
	case Tied:
		return b.conv(name+".forward_conv", h, out, 3, b.biased(norm), nil)
	case PerStep:
		return b.conv(fmt.Sprintf("%s.recurrent.%d", name, s-1), h, out, 3, false, forward)
	default:
		return b.conv(name+".recurrent.0", h, out, 3, false, forward)
	}
}
