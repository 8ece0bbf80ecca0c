// Package kernel holds the kernels of the cpu device other than convolutions: they stream over rows of feature maps
// (see package layout) with few operations for each number, so that memory traffic determines their speed.
package kernel

import "r2unet/internal/device/cpu/isa"

// Lanes is the number of channels of a blocked plane, Half that of a plane of a map of few channels.
const (
	Lanes = 16
	Half  = 8
)

// Rows is a part of a plane: Count rows of Pixels pixels of Block floats, with a border pixel at the left and right
// of each row. Operands begin at the left border of the first row. Kernels that write a map write these borders as
// zero; the caller writes the border rows above and below.
type Rows struct{ Count, Pixels, Block int }

// Stride returns the distance from one row to the next, in floats.
func (r Rows) Stride() int { return (r.Pixels + 2) * r.Block }

// Channels is one number for each channel of a plane; planes of one channel use the first.
type Channels [Lanes]float32

// Affine is (z − Mean)·Scale + Shift for each channel; the mean is subtracted first, because large numbers close to
// it would lose their digits otherwise.
//
// The activation after it is Below·u for u < 0, and u elsewhere; if it is not Leaky, Below is 0.
type Affine struct {
	Scale, Shift, Mean, Below Channels
	Leaky                     bool
}

// Sums are two sums for each channel. Kernels add up a row in float32 and the rows in float64, because gradients of a
// norm are differences of such sums.
type Sums [2][Lanes]float64

// NormGrad holds the numbers of the gradient of norm and activation for each channel. With a = (z − Mean)·Scale +
// Shift, the argument of the activation, and d = dy where a > 0, else Below·dy, which is 0 unless Leaky is set:
//
//	dz = Direct·(d + Slope·(z − Mean) + Offset)
type NormGrad struct {
	Scale, Shift, Mean, Direct, Slope, Offset, Below Channels
	Leaky                                            bool
}

// Set is a kernel for every operation. Residual and acc may be nil. An output may be the same memory as an input of
// the same size.
type Set struct {
	// Activate is y = f((z − Mean)·Scale + Shift) + residual.
	Activate func(y, z, residual []float32, a *Affine, r Rows)
	// GradSums is sums[0] = Σ d and sums[1] = Σ d·(z − Mean).
	GradSums func(sums *Sums, z, dy []float32, g *NormGrad, r Rows)
	// ActivateGrad is dz = acc + the formula of NormGrad.
	ActivateGrad func(dz, z, dy, acc []float32, g *NormGrad, r Rows)
	// Add is y = a + b.
	Add func(y, a, b []float32, r Rows)
	// Moments is sums[0] = Σ (x − pivot) and sums[1] = Σ (x − pivot)².
	Moments func(sums *Sums, x []float32, pivot *Channels, r Rows)
	// MaxPool is the 2×2 maximum with stride 2; r is the rows of y, and x has twice as many rows and pixels.
	MaxPool func(y, x []float32, r Rows)
	// MaxPoolGrad is dx = acc + dy at the first maximum of each window of x; r is the rows of dy.
	MaxPoolGrad func(dx, x, dy, acc []float32, r Rows)
	// Depthwise is the 3×3 convolution of each channel with its own weights: y = acc + d.Bias + the sum over the taps
	// of d.Taps·x. x begins one row above y.
	Depthwise func(y, x, acc []float32, d *Depthwise, r Rows)
	// DepthwiseGrad is sums = the sum of dy·x over the pixels of each tap. x begins one row above dy.
	DepthwiseGrad func(sums *Taps, x, dy []float32, r Rows)
	// Multiply is y = a·b + acc.
	Multiply func(y, a, b, acc []float32, r Rows)
	// ScalePixels is y = x·g + acc, where g has one number for each pixel: rows of a plane of one channel.
	ScalePixels func(y, x, g, acc []float32, r Rows)
	// Dots is y = Σ a·b + acc, summed over the channels of each pixel: y and acc are rows of a plane of one channel.
	Dots func(y, a, b, acc []float32, r Rows)
	// Adam is one step of Adam over flat vectors of one length.
	Adam func(param, grad, m, v []float32, a *AdamStep)
	// PixelSums adds the terms of each pixel of a row that loss and scores need to sums.
	PixelSums func(sums *PixelSums, logits, target []float32)
	// LossGrad is out = BCE·(p − t) + (Constant + Slope·t)·p·(1 − p) for each pixel of a row, p = sigmoid(logit).
	LossGrad func(out, logits, target []float32, g *LossGrad)
	// Sigmoid is out = 1/(1 + e^−logit).
	Sigmoid func(out, logits []float32)
	// ELU is out = u where u > 0, else e^u − 1, and ELUGrad d times its derivative. Flat vectors of one length, out may
	// be one of the others; the same holds for SiLU, u·sigmoid(u).
	ELU, SiLU         func(out, u []float32)
	ELUGrad, SiLUGrad func(out, u, d []float32)
}

// Taps are a number for each of the taps of a 3×3 window, row by row, and each channel.
type Taps [9]Channels

// Depthwise holds the numbers of a convolution of single channels.
type Depthwise struct {
	Taps Taps
	Bias Channels
}

// AdamStep holds the numbers of one step: m = Beta1·m + Rest1·g, v = Beta2·v + Rest2·g², param −=
// Rate·m/(√v·Root + Epsilon).
type AdamStep struct{ Beta1, Rest1, Beta2, Rest2, Rate, Root, Epsilon float32 }

// PixelSums are sums over pixels with p = sigmoid(logit) and truth t, in Lanes partial sums: Entropy of −t·log p −
// (1−t)·log(1−p), Both of p·t, P of p, T of t, Squares of (p − t)², Right of one if logit > 0 just as t > 0.5.
type PixelSums struct{ Entropy, Both, P, T, Squares, Right Channels }

// LossGrad holds the numbers of the loss's gradient.
type LossGrad struct{ BCE, Constant, Slope float32 }

// For returns the kernels for an instruction set. Those of every set support planes of Block 1, Half and Lanes.
func For(s isa.Set) Set {
	return accelerated(s, Set{
		activate, gradSums, activateGrad, add, moments, maxPool, maxPoolGrad, depthwise, depthwiseGrad,
		multiply, scalePixels, dots, adam, pixelSums, lossGrad, sigmoid, elu, silu, eluGrad, siluGrad,
	})
}
