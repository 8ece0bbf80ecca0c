package cpu

import "r2unet/internal/device"

// fallback appends a task that computes a call by its definition: it converts feature maps to row-major order, and
// the results back to the device's layout. So every operator runs here before anybody has written a kernel for it.
func (p *program) fallback(call device.Call) {
	values := map[*device.Tensor][]float32{}
	var load, store []func()
	for _, o := range call.Operands() {
		if *o.Field == nil {
			continue
		}
		root := (*o.Field).Root()
		if root.Kind == device.Plain {
			values[root] = p.plain(root)
			continue
		}
		m := p.features(root)
		if p.err != nil {
			return
		}
		if values[root] == nil {
			values[root] = make([]float32, root.Elements())
			load = append(load, func() { m.Load(values[root], m.data) })
		}
		if o.Use&device.Write != 0 {
			store = append(store, func() { m.Store(m.data, values[root]) })
		}
	}
	p.defined = append(p.defined, p.calls)
	p.once(func() {
		for _, f := range load {
			f()
		}
		device.Execute(call, func(t *device.Tensor) []float32 { return values[t] })
		for _, f := range store {
			f()
		}
	})
}

// Defined returns the indices in the plan of the calls that have no kernel here.
func (p *program) Defined() []int { return p.defined }
