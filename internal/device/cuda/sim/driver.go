// Package sim runs PTX without a GPU: it interprets the part of the language to which the kernels of this project are
// compiled, behind the same interface as the CUDA driver. It is slow, and it detects errors that a GPU does not
// report: an access outside an allocation, a race between threads, a barrier that not all threads reach, a read of
// memory before it is written (it holds NaN), and a copy that is used before anything waited for it. It is for tests;
// no program uses it.
package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Options of a simulated GPU.
type Options struct {
	// Seed determines the order of blocks and threads.
	Seed uint64
	// Races enables the detection of conflicting accesses to every word of memory; it halves the speed.
	Races bool
}

// Threads is the size of every block.
const Threads = 256

// Driver is a simulated GPU. Its memory holds NaN until it is written.
type Driver struct {
	options  Options
	random   *rand.Rand
	memory   memory
	kernels  map[string]*kernel
	handles  []*kernel
	graphs   [][]*launch
	capture  []*launch
	captures bool
	streams  [2]stream
	events   []event
	failure  error // the first error of any work
	// Launches is the number of kernels run, eager and replayed.
	Launches int
	// Replays is the number of graphs run.
	Replays int
	// Pinned is the number of pinned pieces of host memory.
	Pinned int
}

// New returns a GPU with empty memory.
func New(options Options) *Driver {
	return &Driver{
		options: options,
		random:  rand.New(rand.NewPCG(options.Seed, 0x5eed)),
		memory:  memory{next: firstAddress},
		kernels: map[string]*kernel{},
	}
}

// Memory returns a gigabyte.
func (d *Driver) Memory() (int64, error) { return 1 << 30, nil }

// Describe returns that this is no GPU.
func (d *Driver) Describe() string { return "simulated (PTX interpreter)" }

// Load loads the kernels of a PTX module.
func (d *Driver) Load(ptx string) error {
	kernels, err := parse(ptx)
	if err != nil {
		return fmt.Errorf("parse PTX: %w", err)
	}
	for name, k := range kernels {
		if d.kernels[name] != nil {
			return fmt.Errorf("kernel %s is in two modules", name)
		}
		d.kernels[name] = k
	}
	return nil
}

// Kernel returns the handle of a loaded kernel.
func (d *Driver) Kernel(name string) (uint64, error) {
	k := d.kernels[name]
	if k == nil {
		return 0, fmt.Errorf("no kernel %s", name)
	}
	if k.threads != Threads {
		return 0, fmt.Errorf("kernel %s wants blocks of %d threads, not %d", name, k.threads, Threads)
	}
	d.handles = append(d.handles, k)
	return uint64(len(d.handles) - 1), nil
}

// Alloc allocates memory, filled with NaN.
func (d *Driver) Alloc(bytes int64) (uint64, error) {
	return d.memory.alloc(bytes, d.options.Races).base, nil
}

// Free frees memory when all work is done; later accesses are errors.
func (d *Driver) Free(address uint64) error {
	if err := d.Wait(); err != nil {
		return err
	}
	a, err := d.memory.find(address, 0)
	if err != nil {
		return err
	}
	a.freed, a.words, a.touches = true, nil, nil
	return nil
}

// Launch starts a kernel, or records it during a capture.
func (d *Driver) Launch(handle uint64, grid [3]int, params []byte) error {
	k := d.handles[handle]
	if len(params) != k.params {
		return fmt.Errorf("kernel %s takes %d bytes of parameters, not %d", k.name, k.params, len(params))
	}
	if grid[0] < 1 || grid[1] < 1 || grid[2] < 1 || grid[1] > 65535 || grid[2] > 65535 {
		return fmt.Errorf("kernel %s: invalid grid %v", k.name, grid)
	}
	l := &launch{kernel: k, memory: &d.memory, grid: grid, size: Threads, races: d.options.Races}
	for word := range slices.Chunk(params, 4) {
		l.params = append(l.params, uint32(word[0])|uint32(word[1])<<8|uint32(word[2])<<16|uint32(word[3])<<24)
	}
	if d.captures {
		d.capture = append(d.capture, l)
		return nil
	}
	return d.start(compute, func() error { return d.run(l) })
}

func (d *Driver) run(l *launch) error {
	d.Launches++
	l.epoch = uint32(d.Launches)
	return l.run(d.random)
}

// Capture starts recording launches instead of running them.
func (d *Driver) Capture() error {
	if d.captures {
		return fmt.Errorf("a capture is already on")
	}
	d.captures, d.capture = true, nil
	return nil
}

// EndCapture makes a graph of the recorded launches.
func (d *Driver) EndCapture() (uint64, error) {
	if !d.captures {
		return 0, fmt.Errorf("no capture is on")
	}
	d.captures = false
	d.graphs = append(d.graphs, d.capture)
	return uint64(len(d.graphs) - 1), nil
}

// Replay starts a graph.
func (d *Driver) Replay(graph uint64) error {
	launches := d.graphs[graph]
	return d.start(compute, func() error {
		d.Replays++
		for _, l := range launches {
			if err := d.run(l); err != nil {
				return err
			}
		}
		return nil
	})
}

// FreeGraph deletes a graph.
func (d *Driver) FreeGraph(graph uint64) error {
	d.graphs[graph] = nil
	return nil
}

// Close does nothing.
func (d *Driver) Close() error { return nil }

// Allocations returns the number of calls of Alloc.
func (d *Driver) Allocations() int { return len(d.memory.allocations) }
