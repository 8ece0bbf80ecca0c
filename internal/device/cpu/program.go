package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu/conv"
	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/cpu/kernel"
)

// program is a compiled plan: tasks with their memory bound, in order.
type program struct {
	pool      *pool
	set       isa.Set
	precision conv.Precision
	kernels   kernel.Set
	plan      *device.Plan
	// arena is shared with the device's other programs: nothing in it outlives a run.
	arena *arena
	// tasks are those of the calls lowered so far; calls is the number of these calls. A run executes steps.
	tasks []task
	calls int
	steps []step
	// written are the buffers that a run changes.
	written []*buffer
	packs   map[packID]*packed
	packer  packer
	// packedFloats is the size of all packed weights.
	packedFloats int
	scratch
	// definitions disables all kernels; defined are the calls that run by their definition.
	definitions bool
	defined     []int
	// err is the first error of Compile.
	err error
}

// Compile chooses kernels and binds addresses.
func (d *Device) Compile(plan *device.Plan) (device.Program, error) {
	arena, err := d.arenaOf(plan.Arena)
	if err != nil {
		return nil, err
	}
	p := &program{
		pool: d.pool, set: d.set, precision: d.precision, kernels: d.kernels, plan: plan, arena: arena,
		packs: map[packID]*packed{}, packer: d.packer,
		definitions: d.definitions,
	}
	for _, call := range plan.Calls {
		first := len(p.tasks)
		p.lower(call)
		p.noteReads(call, first)
		if p.err != nil {
			return nil, fmt.Errorf("cpu device: compile %s: %w", call.Name(), p.err)
		}
		p.calls++
		p.noteWrites(call)
	}
	p.settle(d.pool.workers)
	p.steps = schedule(p.tasks, d.pool.workers)
	p.tasks = nil
	return p, nil
}

func (p *program) noteWrites(call device.Call) {
	for _, t := range device.Writes(call) {
		b, ok := t.Root().Buffer.(*buffer)
		if !ok {
			continue
		}
		p.forgetPacked(b)
		if !slices.Contains(p.written, b) {
			p.written = append(p.written, b)
		}
	}
}

// Run executes the steps in order; cancellation of ctx takes effect between two steps.
func (p *program) Run(ctx context.Context) error {
	defer p.finish()
	for i := range p.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.steps[i].run(p.pool)
	}
	return nil
}

// finish marks the buffers that the run may have changed, even if it was stopped.
func (p *program) finish() {
	for _, b := range p.written {
		b.version++
	}
}

// Profile is Run with timing of each step. The time of a step of several tasks is divided in proportion to the
// workers' time.
func (p *program) Profile(ctx context.Context) ([]device.Timing, error) {
	timings := make([]device.Timing, len(p.plan.Calls))
	for i, c := range p.plan.Calls {
		timings[i].Call = c
	}
	for _, i := range p.defined {
		timings[i].Defined = true
	}
	defer p.finish()
	for i := range p.steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.steps[i].profile(p.pool, func(call int, seconds float64) { timings[call].Seconds += seconds })
	}
	return timings, nil
}

// Poison fills arena and scratch with NaN.
func (p *program) Poison() {
	for _, area := range [][]float32{p.arena.floats[:p.plan.Arena], p.area} {
		for i := range area {
			area[i] = float32(math.NaN())
		}
	}
	for i := range p.sumArea {
		p.sumArea[i] = math.NaN()
	}
}

// Bytes returns the size of scratch, packed weights and the plan's part of the arena; all but the scratch is shared
// with other programs.
func (p *program) Bytes() int64 { return 4*int64(p.plan.Arena+p.packedFloats) + p.bytes() }
