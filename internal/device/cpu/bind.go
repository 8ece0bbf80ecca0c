package cpu

import (
	"fmt"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu/layout"
)

// features is a feature map with its memory.
type features struct {
	layout.Map
	data []float32
	// bordered is set if the border is zero already, because the map is written over one of the same shape.
	bordered bool
}

// over returns f as an output that may be written in place over one of these inputs.
func (f features) over(inputs ...features) features {
	for _, in := range inputs {
		f.bordered = f.bordered || in.present() && &in.data[0] == &f.data[0] && in.Map == f.Map
	}
	return f
}

func (f features) present() bool { return f.data != nil }

// plane returns the memory of one plane of one sample, border included.
func (f features) plane(n, plane int) []float32 {
	return f.data[n*f.Sample+plane*f.Plane:][:f.Plane]
}

// memory returns the memory of a tensor that is not a view, from its first element on.
func (p *program) memory(t *device.Tensor) ([]float32, error) {
	if t.Buffer != nil {
		b, err := own(t.Buffer, t.Elements())
		if err != nil {
			return nil, fmt.Errorf("tensor %v: %w", t, err)
		}
		return b.data, nil
	}
	size := (*Device)(nil).Size(t.Shape, t.Kind)
	if t.Offset < 0 || t.Offset%line != 0 || t.Offset+size > p.plan.Arena {
		return nil, fmt.Errorf("tensor %v: offset %d with %d elements in an arena of %d",
			t, t.Offset, size, p.plan.Arena)
	}
	return p.arena.floats[t.Offset:][:size], nil
}

// features binds t. For an absent tensor it returns the zero value. The program records the first error.
func (p *program) features(t *device.Tensor) features {
	if t == nil || p.err != nil {
		return features{}
	}
	owner, start := t.Place()
	if len(t.Shape) != 4 || len(owner.Shape) != 4 || owner.Kind != device.Features {
		p.err = fmt.Errorf("tensor %v: features need [N, C, H, W]", t)
		return features{}
	}
	data, err := p.memory(owner)
	if err != nil {
		p.err = err
		return features{}
	}
	m := layout.New(owner.Shape[0], owner.Shape[1], owner.Shape[2], owner.Shape[3])
	if owner.Split == layout.Half {
		m = m.Split()
	}
	if t == owner {
		return features{Map: m, data: data}
	}
	view, skip, err := m.View(start, t.Shape[1])
	if err != nil {
		p.err = fmt.Errorf("tensor %v: %w", t, err)
		return features{}
	}
	return features{Map: view, data: data[skip:]}
}

// plain binds a row-major tensor; it returns nil for an absent one.
func (p *program) plain(t *device.Tensor) []float32 {
	if t == nil || p.err != nil {
		return nil
	}
	owner, start := t.Place()
	data, err := p.memory(owner)
	if err == nil && start+t.Elements() > len(data) {
		err = fmt.Errorf("tensor %v: elements from %d on are outside %v", t, start, owner)
	}
	if err != nil {
		p.err = err
		return nil
	}
	return data[start:][:t.Elements()]
}
