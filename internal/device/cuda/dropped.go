package cuda

import (
	"fmt"
	"sync"
)

// dropped lists what Go's garbage collector found to be unreachable: buffers, and the memory and graphs of programs.
// The device frees it when it next needs memory, because only then may the driver be called.
type dropped struct {
	mu        sync.Mutex
	addresses []uint64
	graphs    []uint64
}

func (d *dropped) memory(address uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addresses = append(d.addresses, address)
}

func (d *dropped) graph(graph uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.graphs = append(d.graphs, graph)
}

func (d *dropped) take() (addresses, graphs []uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	addresses, graphs = d.addresses, d.graphs
	d.addresses, d.graphs = nil, nil
	return addresses, graphs
}

// collect frees what was dropped.
func (d *Device) collect() error {
	addresses, graphs := d.dropped.take()
	if len(addresses)+len(graphs) == 0 {
		return nil
	}
	if err := d.driver.Wait(); err != nil {
		return fmt.Errorf("cuda: %w", err)
	}
	for _, graph := range graphs {
		if err := d.driver.FreeGraph(graph); err != nil {
			return fmt.Errorf("cuda: %w", err)
		}
	}
	for _, address := range addresses {
		delete(d.owned, address)
		if err := d.driver.Free(address); err != nil {
			return fmt.Errorf("cuda: %w", err)
		}
	}
	return nil
}
