package training

import (
	"context"
	"fmt"
	"math"

	"r2unet/internal/checkpoint"
	"r2unet/internal/model"
)

// pixelNet is a network that is small enough to follow by hand: one weight and one bias for all pixels, with a moment
// each. Its step is cancelled like a device's: half of its state has changed when the context ends.
type pixelNet struct {
	state  [6]float32                                // weight, bias, their momentum and accumulated gradients
	steps  float32                                   // updates
	rates  []float64                                 // of the updates
	before func(ctx context.Context, step int) error // called in the middle of each step, where set
	loss   func(step int, loss float64) float64      // replaces the loss, where set
	lag    int                                       // steps that stay in flight until somebody waits for them
	under  []Metrics                                 // of steps that were not collected yet
	seen   []float32                                 // probabilities of the last evaluation
}

func newPixelNet() *pixelNet { return &pixelNet{state: [6]float32{0.1, -0.2}} }

func (p *pixelNet) forward(x float32) float32 {
	return float32(1 / (1 + math.Exp(-float64(p.state[0]*x+p.state[1]))))
}

func (p *pixelNet) measure(b model.Batch) (Metrics, [2]float32) {
	var loss, squares, right float64
	var gradient [2]float32
	for i, x := range b.Images {
		y, want := p.forward(x), b.Targets[i]
		loss -= float64(want)*math.Log(float64(y)) + float64(1-want)*math.Log(float64(1-y))
		squares += float64((y - want) * (y - want))
		if (y >= 0.5) == (want == 1) {
			right++
		}
		gradient[0] += (y - want) * x
		gradient[1] += y - want
	}
	n := float64(len(b.Images))
	return Metrics{Loss: loss / n, MSE: squares / n, Accuracy: right / n},
		[2]float32{gradient[0] / float32(n), gradient[1] / float32(n)}
}

func (p *pixelNet) step(ctx context.Context, b model.Batch, rate float64) (Metrics, error) {
	m, gradient := p.measure(b)
	p.state[2] = 0.9*p.state[2] + gradient[0] + p.state[4]
	p.state[3] = 0.9*p.state[3] + gradient[1] + p.state[5]
	p.state[4], p.state[5] = 0, 0
	if p.before != nil {
		if err := p.before(ctx, int(p.steps)); err != nil {
			return Metrics{}, err
		}
	}
	p.state[0] -= float32(rate) * p.state[2]
	p.state[1] -= float32(rate) * p.state[3]
	p.steps++
	p.rates = append(p.rates, rate)
	if p.loss != nil {
		m.Loss = p.loss(int(p.steps), m.Loss)
	}
	return m, nil
}

func (p *pixelNet) Evaluate(_ context.Context, b model.Batch) (Metrics, error) {
	m, _ := p.measure(b)
	return m, nil
}

func (p *pixelNet) StartTrain(ctx context.Context, b model.Batch, rate float64) error {
	m, err := p.step(ctx, b, rate)
	if err == nil {
		p.under = append(p.under, m)
	}
	return err
}

func (p *pixelNet) StartAccumulate(_ context.Context, b model.Batch) error {
	m, gradient := p.measure(b)
	p.state[4] += gradient[0]
	p.state[5] += gradient[1]
	p.under = append(p.under, m)
	return nil
}

func (p *pixelNet) StartEvaluate(ctx context.Context, b model.Batch) error {
	p.seen = p.seen[:0]
	for _, x := range b.Images {
		p.seen = append(p.seen, p.forward(x))
	}
	m, err := p.Evaluate(ctx, b)
	p.under = append(p.under, m)
	return err
}

func (p *pixelNet) Probabilities() ([]float32, error) { return p.seen, nil }

func (p *pixelNet) Collect(wait bool) ([]Metrics, error) {
	arrived := len(p.under)
	if !wait {
		arrived = max(0, arrived-p.lag)
	}
	metrics := p.under[:arrived:arrived]
	p.under = p.under[arrived:]
	return metrics, nil
}

func (p *pixelNet) FirstNotFinite(context.Context, model.Batch) (string, error) {
	return fmt.Sprintf("the sigmoid after step %g", p.steps), nil
}

func (p *pixelNet) TensorsInto(into []checkpoint.Tensor) ([]checkpoint.Tensor, error) {
	if into == nil {
		into = []checkpoint.Tensor{
			{Name: "state", Shape: []int{6}, Data: make([]float32, 6)}, {Name: "adam.step", Data: make([]float32, 1)},
		}
	}
	copy(into[0].Data, p.state[:])
	into[1].Data[0] = p.steps
	return into, nil
}

func (p *pixelNet) Restore(tensors []checkpoint.Tensor) error {
	copy(p.state[:], tensors[0].Data)
	p.steps = tensors[1].Data[0]
	return nil
}

// stripes is a source whose sample is a function of epoch and index.
type stripes struct{ n int }

func (s stripes) Len() int             { return s.n }
func (s stripes) Shape() (c, h, w int) { return 1, 2, 2 }

func (s stripes) Size(_, _ int) (h, w int) { return 2, 2 }

func (s stripes) Fill(_ context.Context, epoch, index int, image, target []float32) error {
	for i := range image {
		v := math.Sin(float64(1000*epoch + 10*index + i))
		image[i] = float32(v)
		target[i] = 0
		if v > 0.2 {
			target[i] = 1
		}
	}
	return nil
}
