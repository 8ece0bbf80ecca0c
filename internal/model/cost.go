package model

import (
	"errors"
	"fmt"
	"math"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/planning"
	"r2unet/internal/exec"
	"r2unet/layers"
)

// forward starts a graph with a network that maps a batch of n images of h×w pixels, multiples of the network's, to
// logits.
func forward(
	params *layers.Params, training bool, c Config, n, h, w int,
) (b *layers.Builder, image, logits *G.Node, err error) {
	if err := countable(c, n, h, w); err != nil {
		return nil, nil, nil, err
	}
	b = layers.NewBuilder(params, training, tensor.Float32)
	b.Seed(c.Seed)
	b.SetClasses(c.Classes)
	b.Freeze(c.frozen())
	image = b.Input("image", n, c.InChannels, h, w)
	logits, err = arch.Build(b, c.Arch, image)
	return b, image, logits, err
}

// loss adds the training loss to a graph: of the network's result, and of what it supervises besides.
func (m *Model) loss(b *layers.Builder, logits, target *G.Node) *G.Node {
	return b.TotalLoss(logits, func(logits *G.Node) *G.Node { return m.config.Loss.Build(b, logits, target) })
}

// mostElements bounds one feature map, to 4 PiB, so that the sizes of whole plans can be added without overflow.
const mostElements = min(1<<50, math.MaxInt)

// countable refuses batches that are empty, or so large that the sizes of their feature maps could overflow.
func countable(c Config, n, h, w int) error {
	if n < 1 || h < 1 || w < 1 {
		return errors.New("nothing to compute")
	}
	channels := 2 * slices.Max(append([]int{c.InChannels, c.Outputs()}, c.Arch.Channels...)) // of a concatenation
	if float64(n)*float64(h)*float64(w)*float64(channels) > mostElements {
		return fmt.Errorf("a batch of %d images of %d×%d px with feature maps of up to %d channels "+
			"is larger than any memory; expected at most %d values in a feature map", n, w, h, channels, mostElements)
	}
	return nil
}

// Parameters returns the parameters of a network without building it on a device.
func Parameters(c Config) (*layers.Params, error) {
	params := &layers.Params{}
	c.Arch = c.Arch.WithDefaults()
	_, _, _, err := forward(params, false, c, 1, c.Arch.Multiple(), c.Arch.Multiple())
	if err != nil {
		return nil, err
	}
	return params, c.checkFreeze(params)
}

// ForwardFLOPs returns the number of multiplications and additions of all convolutions of one forward pass over one
// image of h×w pixels, multiples of the architecture's.
func ForwardFLOPs(c Config, h, w int) (float64, error) {
	c.Arch = c.Arch.WithDefaults()
	calls, err := forwardCalls(c, h, w)
	total := 0.0
	for _, call := range calls {
		total += call.Traits().FLOPs
	}
	return total, err
}

// ForwardFLOPs is ForwardFLOPs of the model's network; 0 for a size that it does not accept.
func (m *Model) ForwardFLOPs(h, w int) float64 {
	flops, err := ForwardFLOPs(m.config, h, w)
	if err != nil {
		return 0
	}
	return flops
}

// forwardCalls returns the plan of a forward pass over one image; nothing is computed.
func forwardCalls(c Config, h, w int) ([]device.Call, error) {
	_, _, logits, err := forward(&layers.Params{}, false, c, 1, h, w)
	if err != nil {
		return nil, err
	}
	return exec.Lower(planning.Like(planning.RowMajor{}), G.Nodes{logits})
}
