// Package model holds a network on a device: its parameters, their optimizer state, and the compiled graphs that
// train and apply it.
package model

import (
	"fmt"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/layers"
	"r2unet/layers/losses"
	"r2unet/layers/optimizers"
)

// Config is everything from which a model is made.
type Config struct {
	Arch arch.Config
	// InChannels of the images: 1 (grey, green, CT) or 3 (RGB).
	InChannels int
	// Classes of a pixel, background included: up to two have one logit, three and more one each. 0 means 2.
	Classes int
	// Loss to train on; nil is binary cross-entropy, or that of the classes.
	Loss losses.Sum
	// Optimizer by its name and parameters; "" is Adam.
	Optimizer string
	// Average is the decay of the moving average of the weights that evaluation and prediction use; 0 is none, see
	// averages.
	Average float64
	// WeightDecay of all parameters, as the optimizer applies it; 0 is none.
	WeightDecay float64
	// ClipNorm is the largest norm of the gradient, which is scaled down to it; 0 means any.
	ClipNorm float64
	// Accumulate is set for a network that is trained with StartAccumulate too.
	Accumulate bool
	// Freeze names the part of the network that does not train: FreezeEncoder, or "" for none. Weights for it come from
	// Restore.
	Freeze string
	// Seed of the initial weights.
	Seed uint64
	// InitialGain is a factor on the initial 3×3 weights; 0 means 1, He's (see layers.Params.Init).
	InitialGain float64
}

// Outputs returns the number of logits, and of probability maps: 1, or the number of classes if there are at least 3.
func (c Config) Outputs() int { return layers.Outputs(c.Classes) }

// Model is a network with its state on a device. It is used by one goroutine at a time.
type Model struct {
	config Config
	dev    device.Device
	params *layers.Params

	// Flat vectors in the device's memory, in the order of params: weights, their gradients, the optimizer's state;
	// running statistics.
	weights, grads *device.Tensor
	kept           []*device.Tensor
	running        *device.Tensor
	numbers        *device.Tensor // for the optimizer's present step
	taken          *device.Tensor // batches taken before the present one, for random draws

	fraction *device.Tensor // of each weight that decoupled weight decay takes in the present step; nil without it
	mean     *device.Tensor // gradient of the batches since the last update; nil without Accumulate
	shares   *device.Tensor // of the present batch in mean

	optimizer     optimizers.Optimizer
	optimizerName string
	updater       device.Program // with Accumulate, what follows the gradients of an update's last batch

	averages *averages // nil without Config.Average

	step    int // optimizer steps taken
	batches int // training batches taken, for random draws
	samples int // samples in mean
	graphs  map[shape]*graph
	used    []shape // keys of graphs, the most recently used one last

	evaluated     *graph // of the last StartEvaluate
	probabilities []float32

	window, predicted []float32 // of a padded pass of Predict: images and probabilities

	queue   device.Queue // nil if the device computes before it returns
	started int          // steps whose metrics were not collected
	ready   []Metrics    // metrics of these steps, without a queue
}

// New builds a network with initial weights. It returns an error for settings that cannot be built.
func New(c Config, dev device.Device) (*Model, error) {
	m, err := allocate(c, dev)
	if err != nil {
		return nil, err
	}
	weights, running := m.params.Init(m.config.Seed, m.config.InitialGain)
	if err := dev.Write(m.weights.Buffer, weights); err != nil {
		return nil, err
	}
	if m.queue, _ = dev.(device.Queue); m.queue != nil {
		if _, err := m.queue.Posted(true); err != nil { // posts of another network
			return nil, err
		}
	}
	if m.averages != nil {
		if err := dev.Write(m.averages.weights.Buffer, weights); err != nil {
			return nil, err
		}
		if err := dev.Write(m.averages.running.Buffer, running); err != nil {
			return nil, err
		}
	}
	return m, dev.Write(m.running.Buffer, running)
}

// allocate allocates device memory for the state of a network without setting its values.
func allocate(c Config, dev device.Device) (*Model, error) {
	c.Arch = c.Arch.WithDefaults()
	if c.Loss == nil {
		c.Loss = losses.Default(c.Outputs())
	}
	if c.InitialGain == 0 {
		c.InitialGain = 1
	}
	if !(c.Average >= 0 && c.Average < 1) {
		return nil, fmt.Errorf("average = %g: expected a decay from 0 up to, but not including, 1", c.Average)
	}
	if c.InChannels < 1 || c.InChannels > 4 {
		return nil, fmt.Errorf("%d input channels, expected 1 to 4", c.InChannels)
	}
	params, err := Parameters(c)
	if err != nil {
		return nil, err
	}
	name, optimizer, err := optimizers.Get(c.Optimizer)
	if err != nil {
		return nil, fmt.Errorf("optimizer = %w", err)
	}
	m := &Model{
		config: c, dev: dev, params: params, optimizer: optimizer, optimizerName: name, graphs: map[shape]*graph{},
	}
	vectors := []vectorOf{
		{"weights", &m.weights, params.Count()},
		{"gradients", &m.grads, params.Count()},
		{"running statistics", &m.running, params.RunningCount()},
		{"numbers of a step", &m.numbers, len(optimizer.Numbers(1, 1))},
		{"batches taken", &m.taken, 1},
	}
	if c.WeightDecay > 0 && optimizers.Decouples(optimizer) {
		vectors = append(vectors, vectorOf{"weight decay of a step", &m.fraction, 1})
	}
	if c.Accumulate {
		vectors = append(vectors, vectorOf{"accumulated gradients", &m.mean, params.Count()},
			vectorOf{"shares of a batch", &m.shares, 2})
	}
	for _, v := range vectors {
		if *v.at, err = persistent(dev, v.name, []int{v.size}, device.Plain); err != nil {
			return nil, err
		}
	}
	for _, state := range optimizer.State() {
		v, err := persistent(dev, name+" "+state, []int{params.Count()}, device.Plain)
		if err != nil {
			return nil, err
		}
		m.kept = append(m.kept, v)
	}
	if c.Average > 0 {
		if m.averages, err = allocateAverages(dev, params); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// vectorOf is a flat vector that a model allocates.
type vectorOf struct {
	name string
	at   **device.Tensor
	size int
}

// persistent returns a tensor in a buffer of its own.
func persistent(dev device.Device, name string, shape []int, kind device.Kind) (*device.Tensor, error) {
	b, err := dev.Alloc(shape, kind)
	if err != nil {
		return nil, fmt.Errorf("memory for %s %v: %w", name, shape, err)
	}
	return &device.Tensor{Name: name, Shape: shape, Kind: kind, Buffer: b}, nil
}

// Parameters returns the number of trainable parameters.
func (m *Model) Parameters() int { return m.params.Count() }

// Step returns the number of updates that the optimizer has made.
func (m *Model) Step() int { return m.step }

// Config returns the configuration from which the model was made, with defaults filled in.
func (m *Model) Config() Config { return m.config }
