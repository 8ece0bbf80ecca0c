package ref

import (
	"fmt"

	"r2unet/internal/device"
)

// Memory tells where a tensor that is no view begins, in row-major order.
type Memory[T Float] func(*device.Tensor) []T

// Execute computes one call.
func Execute[T Float](call device.Call, at Memory[T]) error {
	switch c := call.(type) {
	case *device.Conv:
		conv(c, at)
	case *device.ConvGradData:
		convGradData(c, at)
	case *device.ConvGradWeight:
		convGradWeight(c, at)
	case *device.UpConv:
		upConv(c, at)
	case *device.UpConvGradData:
		upConvGradData(c, at)
	case *device.UpConvGradWeight:
		upConvGradWeight(c, at)
	case *device.BatchStats:
		batchStats(at.features(c.Z), at.plain(c.Stats))
	case *device.UpdateRunning:
		updateRunning(c, at)
	case *device.Activate:
		activate(at.features(c.Z), at.norm(c.Norm), at.features(c.Residual), at.features(c.Y))
	case *device.NormGradSums:
		normGradSums(c, at)
	case *device.ActivateGrad:
		activateGrad(c, at)
	case *device.Add:
		add(c, at)
	case *device.Concat:
		concat(c, at)
	case *device.Slice:
		slice(c, at)
	case *device.MaxPool:
		maxPool(c, at)
	case *device.MaxPoolGrad:
		maxPoolGrad(c, at)
	case *device.ChannelSum:
		channelSum(c, at)
	case *device.Loss:
		at.plain(c.Loss)[0] = T(loss(at.features(c.Logits), at.features(c.Target), c.Weights))
	case *device.LossGrad:
		lossGrad(c, at)
	case *device.Scores:
		scores(c, at)
	case *device.Sigmoid:
		sigmoidAll(c, at)
	case *device.Adam:
		adam(c, at)
	default:
		return fmt.Errorf("ref: no kernel for %s (%T)", call.Name(), call)
	}
	return nil
}

// features is a feature map [n, c, h, w] in row-major order, with a distance between samples that is larger than c·h·w
// for a view of some channels.
type features[T Float] struct {
	data       []T
	n, c, h, w int
	sample     int
}

// features places t; an absent tensor gives the zero value, whose data is nil.
func (at Memory[T]) features(t *device.Tensor) features[T] {
	if t == nil {
		return features[T]{}
	}
	root, start := t, 0
	for root.Parent != nil {
		start += root.Start
		root = root.Parent
	}
	plane := t.Shape[2] * t.Shape[3]
	return features[T]{
		data: at(root)[start*plane:],
		n:    t.Shape[0], c: t.Shape[1], h: t.Shape[2], w: t.Shape[3],
		sample: root.Shape[1] * plane,
	}
}

// plane is channel c of sample n, h·w elements.
func (f features[T]) plane(n, c int) []T {
	at := n*f.sample + c*f.h*f.w
	return f.data[at : at+f.h*f.w]
}

// row is row h of channel c of sample n.
func (f features[T]) row(n, c, h int) []T {
	at := n*f.sample + (c*f.h+h)*f.w
	return f.data[at : at+f.w]
}

func (f features[T]) present() bool { return f.data != nil }

// plain is a row-major tensor; nil if absent.
func (at Memory[T]) plain(t *device.Tensor) []T {
	if t == nil {
		return nil
	}
	root, start := t, 0
	for root.Parent != nil {
		start += root.Start
		root = root.Parent
	}
	return at(root)[start : start+t.Elements()]
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
