package cpu

import (
	"context"
	"fmt"
	"math"
	"time"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu/kernel"
)

// program is a compiled plan: tasks with their memory bound, in order.
type program struct {
	pool    *pool
	plan    *device.Plan
	kernels kernel.Set
	arena   []float32
	// scratch is memory that only lives within one call, shared by all calls.
	scratch []float32
	tasks   []task
	// ends is, for each call of the plan, the end of its tasks.
	ends []int
	// written are the buffers that a run changes.
	written []*buffer
	// err is the first error of Compile.
	err error
}

// Compile chooses kernels and binds addresses.
func (d *Device) Compile(plan *device.Plan) (device.Program, error) {
	p := &program{pool: d.pool, plan: plan, kernels: d.kernels, arena: allocate(plan.Arena)}
	for _, call := range plan.Calls {
		p.lower(call)
		if p.err != nil {
			return nil, fmt.Errorf("cpu device: compile %s: %w", call.Name(), p.err)
		}
		p.ends = append(p.ends, len(p.tasks))
		p.noteWrites(call)
	}
	return p, nil
}

func (p *program) noteWrites(call device.Call) {
	for _, t := range call.Writes() {
		b, ok := t.Root().Buffer.(*buffer)
		if !ok {
			continue
		}
		known := false
		for _, w := range p.written {
			known = known || w == b
		}
		if !known {
			p.written = append(p.written, b)
		}
	}
}

// Run executes the calls in order and stops between two of them when ctx ends.
func (p *program) Run(ctx context.Context) error {
	begin := 0
	for _, end := range p.ends {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.runCall(begin, end)
		begin = end
	}
	p.finish()
	return nil
}

func (p *program) runCall(begin, end int) {
	for _, t := range p.tasks[begin:end] {
		p.pool.run(t)
	}
}

func (p *program) finish() {
	for _, b := range p.written {
		b.version++
	}
}

// Profile is Run with a clock around each call.
func (p *program) Profile(ctx context.Context) ([]device.Timing, error) {
	timings := make([]device.Timing, len(p.ends))
	begin := 0
	for i, end := range p.ends {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		p.runCall(begin, end)
		timings[i] = device.Timing{Call: p.plan.Calls[i], Seconds: time.Since(start).Seconds()}
		begin = end
	}
	p.finish()
	return timings, nil
}

// Poison fills arena and scratch with NaN.
func (p *program) Poison() {
	nan := float32(math.NaN())
	for _, area := range [][]float32{p.arena, p.scratch} {
		for i := range area {
			area[i] = nan
		}
	}
}

// Bytes is the size of arena and scratch.
func (p *program) Bytes() int64 { return 4 * int64(len(p.arena)+len(p.scratch)) }
