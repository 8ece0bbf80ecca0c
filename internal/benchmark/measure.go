package benchmark

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"r2unet/arch"
	"r2unet/internal/cli"
	"r2unet/internal/device"
	"r2unet/internal/device/host"
	"r2unet/internal/model"
)

// A Bench is a network with a batch, ready to be measured.
type Bench struct {
	Case
	model            *model.Model
	device, computes string
	queues           bool // the device computes beside its caller
	threads          int
	fastest          bool // processor time of the fastest step, instead of wall time of the median one
	multiple         int
	input            model.Batch
	probabilities    []float32
}

// New builds the network of a case on a device, and a random batch. Threads is only reported. The peak of memory counts
// from here. A case that cannot be, or that the device has not the memory for, is a *cli.InputError.
func New(c Case, dev device.Device, threads int) (*Bench, error) {
	host.ForgetPeak()
	config, err := c.config()
	if err == nil {
		err = fits(c, config, dev)
	}
	if err != nil {
		return nil, &cli.InputError{Err: err}
	}
	m, err := model.New(model.Config{Arch: config, InChannels: c.Channels}, dev)
	if err != nil {
		return nil, err
	}
	b := &Bench{
		Case: c, model: m, device: dev.Name(), computes: dev.Describe(), threads: threads, multiple: config.Multiple(),
		input:         model.NewBatch(c.Batch, c.Channels, c.Height, c.Width),
		probabilities: make([]float32, c.Batch*c.Height*c.Width),
	}
	_, b.queues = dev.(device.Queue)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range b.input.Images {
		b.input.Images[i] = random.Float32()
	}
	for i := range b.input.Targets {
		if random.Float32() > 0.9 {
			b.input.Targets[i] = 1
		}
	}
	return b, nil
}

// fits plans the case, so that what cannot be built or has no room is found before anything is built.
func fits(c Case, a arch.Config, dev device.Device) error {
	config := model.Config{Arch: a, InChannels: c.Channels}
	needed, err := model.PredictionBytes(config, dev, c.Batch, c.Height, c.Width)
	if err != nil {
		return err
	}
	// Images, targets and probabilities themselves, which are the most of it where a large image is predicted in tiles.
	values := float64(c.Batch) * float64(c.Height) * float64(c.Width) * float64(c.Channels+2)
	if values > math.MaxInt64/8 {
		return fmt.Errorf("a batch of %d images of %d×%d pixels has more values than memory can hold",
			c.Batch, c.Width, c.Height)
	}
	needed += 4 * int64(values)
	if c.Height%a.Multiple() == 0 && c.Width%a.Multiple() == 0 {
		training, err := model.TrainingBytes(config, dev, c.Batch, c.Height, c.Width)
		if err != nil {
			return err
		}
		needed += training
	}
	meter, ok := dev.(device.Meter)
	if !ok {
		return nil
	}
	if free, known := meter.Free(); known && needed > free {
		return fmt.Errorf("a batch of %d images of %d×%d px takes about %.1f GB of memory, and %.1f GB is available; "+
			"try a smaller -batch or -size", c.Batch, c.Width, c.Height, float64(needed)/1e9, float64(free)/1e9)
	}
	return nil
}

// trains reports whether the network can train on the case's size.
func (b *Bench) trains() bool { return b.Height%b.multiple == 0 && b.Width%b.multiple == 0 }

func (b *Bench) train(ctx context.Context) error {
	_, err := b.model.Train(ctx, b.input, 2e-4)
	return err
}

func (b *Bench) predict(ctx context.Context) error {
	return b.model.Predict(ctx, b.probabilities, b.input)
}

// Measure times training steps and predictions, each `runs` times after two warm-ups, from images in memory to the loss
// and to probabilities in memory, which waits for the device, and takes the medians (see also Options.Fastest).
func (b *Bench) Measure(ctx context.Context, runs int) (Row, error) {
	r := b.row(b.device, b.threads)
	r.Computes = b.computes
	flops := b.model.ForwardFLOPs(up(b.Height, b.multiple), up(b.Width, b.multiple))
	r.Params, r.ForwardGFLOPPerSample = b.model.Parameters(), flops/1e9
	if b.trains() {
		seconds, err := b.time(ctx, runs, b.train)
		if err != nil {
			return Row{}, err
		}
		r.TrainSamplesPerS = float64(b.Batch) / seconds
		r.TrainGFLOPS = 3 * flops / 1e9 * r.TrainSamplesPerS
		if b.queues {
			if seconds, err = b.queued(ctx, runs); err != nil {
				return Row{}, err
			}
			r.QueuedSamplesPerS = float64(b.Batch*runs) / seconds
		}
	}
	seconds, err := b.time(ctx, runs, b.predict)
	if err != nil {
		return Row{}, err
	}
	r.InferSamplesPerS = float64(b.Batch) / seconds
	r.InferGFLOPS = flops / 1e9 * r.InferSamplesPerS
	r.PeakRSSBytes = host.Peak()
	return r, nil
}

// queued is the time of training steps that are started without a wait in between, the last one's end included.
func (b *Bench) queued(ctx context.Context, steps int) (float64, error) {
	start := time.Now()
	for range steps {
		if err := b.model.StartTrain(ctx, b.input, 2e-4); err != nil {
			return 0, err
		}
		if _, err := b.model.Collect(false); err != nil {
			return 0, err
		}
	}
	_, err := b.model.Collect(true)
	return time.Since(start).Seconds(), err
}

func up(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// warmUps are steps before the clock starts.
const warmUps = 2

// time is the median time of one call of step in seconds, or the fastest one's processor time.
func (b *Bench) time(ctx context.Context, runs int, step func(context.Context) error) (float64, error) {
	begun := time.Now()
	clock := func() time.Duration { return time.Since(begun) }
	if b.fastest {
		clock = host.ProcessorTime
	}
	var times []float64
	for i := range warmUps + runs {
		start := clock()
		if err := step(ctx); err != nil {
			return 0, err
		}
		if i >= warmUps {
			times = append(times, (clock() - start).Seconds())
		}
	}
	if b.fastest {
		return slices.Min(times), nil
	}
	return middle(times), nil
}

// middle is the upper median, as the reference takes it; 0 of nothing.
func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
