package model

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
	"r2unet/internal/exec"
	"r2unet/layers"
)

// Parameters lists the parameters of an architecture without building it on a device.
func Parameters(c arch.Config, inChannels int) (*layers.Params, error) {
	c = c.WithDefaults()
	params := &layers.Params{}
	b := layers.NewBuilder(params, false, tensor.Float32)
	m := c.Multiple()
	_, err := arch.Build(b, c, b.Input("image", 1, inChannels, m, m))
	return params, err
}

// ForwardFLOPs counts the multiplications and additions of all convolutions of one forward pass over one image of h×w pixels,
// multiples of the architecture's.
func ForwardFLOPs(c arch.Config, inChannels, h, w int) (float64, error) {
	calls, err := forwardCalls(c.WithDefaults(), inChannels, h, w)
	total := 0.0
	for _, call := range calls {
		total += call.Traits().FLOPs
	}
	return total, err
}

// ForwardFLOPs is ForwardFLOPs of the model's architecture; 0 for a size that it does not take.
func (m *Model) ForwardFLOPs(h, w int) float64 {
	flops, err := ForwardFLOPs(m.config.Arch, m.config.InChannels, h, w)
	if err != nil {
		return 0
	}
	return flops
}

// forwardCalls is the plan of a forward pass; nothing is computed.
func forwardCalls(c arch.Config, inChannels, h, w int) ([]device.Call, error) {
	b := layers.NewBuilder(&layers.Params{}, false, tensor.Float32)
	logits, err := arch.Build(b, c, b.Input("image", 1, inChannels, h, w))
	if err != nil {
		return nil, err
	}
	return exec.Lower(ref.New[float32](), gorgonia.Nodes{logits})
}
