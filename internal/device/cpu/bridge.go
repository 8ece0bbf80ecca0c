package cpu

import (
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// bridge computes a call on ref.
func (p *program) bridge(call device.Call) {
	rows := map[*device.Tensor][]float32{}
	type mapped struct {
		f   features
		row []float32
	}
	var in, out []mapped
	note := func(list *[]mapped, t *device.Tensor) {
		r := t.Root()
		if r.Kind == device.Plain {
			d, err := p.memory(r)
			if err != nil {
				p.fail(err)
			}
			rows[r] = d
			return
		}
		if rows[r] == nil {
			rows[r] = make([]float32, r.Elements())
		}
		*list = append(*list, mapped{p.features(r), rows[r]})
	}
	for _, t := range call.Reads() {
		note(&in, t)
	}
	for _, t := range call.Writes() {
		note(&in, t)
		note(&out, t)
	}
	if p.err != nil {
		return
	}
	p.once(func() {
		for _, m := range in {
			m.f.Load(m.row, m.f.data)
		}
		if err := ref.Execute(call, func(t *device.Tensor) []float32 { return rows[t] }); err != nil {
			panic(err)
		}
		for _, m := range out {
			m.f.Store(m.f.data, m.row)
		}
	})
}
