package cuda

import (
	"fmt"

	"r2unet/internal/device"
)

// fallback computes a call by its definition on the host: it copies the operands from the GPU and the results back.
// So every operator runs here before anybody has written a kernel for it.
func (l *lowering) fallback(call device.Call) {
	type area struct {
		address uint64
		values  []float32
		written bool
	}
	areas := map[*device.Tensor]*area{}
	var order []*area // of the operands, so that copies have the same order in every run
	for _, o := range call.Operands() {
		if *o.Field == nil {
			continue
		}
		root, address, _ := l.base((*o.Field).Root())
		if areas[root] == nil {
			areas[root] = &area{address: address, values: make([]float32, root.Elements())}
			order = append(order, areas[root])
		}
		areas[root].written = areas[root].written || o.Use&device.Write != 0
	}
	transfers := l.device.transfers
	l.launches = append(l.launches, launch{host: func() error {
		for _, a := range order {
			if err := transfers.fetch(a.values, a.address); err != nil {
				return fmt.Errorf("fetch the operands: %w", err)
			}
		}
		device.Execute(call, func(t *device.Tensor) []float32 { return areas[t].values })
		for _, a := range order {
			if !a.written {
				continue
			}
			if err := transfers.write(a.address, a.values); err != nil {
				return fmt.Errorf("copy the results to the GPU: %w", err)
			}
		}
		return nil
	}})
	l.defined = append(l.defined, l.at)
}

// Defined returns the indices in the plan of the calls that have no kernel here.
func (p *program) Defined() []int { return p.defined }
