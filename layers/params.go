// Package layers provides the parts of blocks: convolution units, recurrent convolutional layers, sampling, the head,
// and the parameters that they share between graphs.
package layers

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Params lists the parameters of a network with their offsets in one flat vector, which all graphs of the network
// (training, evaluation, other sizes) share. The running statistics are in a second vector: they are saved but not
// trained.
type Params struct {
	// Trainable and Running are in the order of the flat vectors.
	Trainable, Running []Param
	index              map[string]place
}

// Param is one named tensor, with PyTorch's shape and the name from docs/specification.md.
type Param struct {
	Name  string
	Shape []int
	// Offset is the position in the flat vector, in elements.
	Offset int
	init   Initializer
}

type place struct {
	running bool
	at      int
}

// Elements returns the number of elements.
func (p Param) Elements() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Count returns the number of trainable parameters.
func (p *Params) Count() int { return end(p.Trainable) }

// RunningCount returns the number of elements of all running statistics.
func (p *Params) RunningCount() int { return end(p.Running) }

func end(list []Param) int {
	if len(list) == 0 {
		return 0
	}
	last := list[len(list)-1]
	return last.Offset + last.Elements()
}

// declare adds a parameter, or checks that its shape has not changed.
func (p *Params) declare(name string, shape []int, running bool, init Initializer) (Param, error) {
	list := &p.Trainable
	if running {
		list = &p.Running
	}
	if at, ok := p.index[name]; ok {
		if at.running != running || !slices.Equal((*list)[at.at].Shape, shape) {
			return Param{}, fmt.Errorf("parameter %s: declared again with shape %v", name, shape)
		}
		return (*list)[at.at], nil
	}
	if p.index == nil {
		p.index = map[string]place{}
	}
	p.index[name] = place{running, len(*list)}
	*list = append(*list, Param{name, slices.Clone(shape), end(*list), init})
	return (*list)[len(*list)-1], nil
}

// Init returns initial values for both flat vectors, from the parameters' initializers: He-normal 3×3 weights
// (docs/specification.md, section 1), PyTorch's uniform ones for 1×1 and transposed convolutions; zero biases, gamma
// 1, beta 0, running mean 0 and variance 1. The gain is a factor on He's weights: 1 is He's standard deviation; 0.41
// = √(1/6) gives that of PyTorch's default, which makes more progress in a short training, because Adam's steps are
// then larger relative to the weights.
func (p *Params) Init(seed uint64, gain float64) (trainable, running []float32) {
	fill := func(list []Param) []float32 {
		values := make([]float32, end(list))
		for _, q := range list {
			part := values[q.Offset : q.Offset+q.Elements()]
			q.init.fill(part, rand.New(rand.NewPCG(seed, hash(q.Name))))
			if q.init.gained {
				for i := range part {
					part[i] *= float32(gain)
				}
			}
		}
		return values
	}
	return fill(p.Trainable), fill(p.Running)
}
