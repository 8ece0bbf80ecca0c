package cuda

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"r2unet/internal/device"
)

const nan = 0x7fc00000

// A launch is one kernel with its arguments, or work of the host between kernels.
type launch struct {
	kernel uint64
	grid   [3]int
	params []byte
	host   func() error
}

type program struct {
	device    *Device
	calls     []device.Call // also keeps the buffers alive to which the launches point
	launches  [][]launch    // of each call
	arena     uint64
	words     int64 // of the arena
	scratch   uint64
	more      int64 // words of the scratch
	counted   int64 // words of the counters
	graph     uint64
	captured  bool
	poisonErr error
	defined   []int // calls that run by their definition, on the host
}

// Compile chooses kernels, binds addresses and allocates the memory of the arena and of intermediate sums.
func (d *Device) Compile(plan *device.Plan) (device.Program, error) {
	p := &program{device: d, calls: plan.Calls, words: int64(plan.Arena)}
	measure := lowering{device: d}
	if _, err := measure.all(plan.Calls); err != nil {
		return nil, err
	}
	p.more, p.counted = measure.scratchWords, measure.counterWords
	var err error
	if p.arena, err = d.take(p.words, nan); err != nil {
		return nil, fmt.Errorf("cuda: allocate an arena of %d MB: %w", p.words>>18, err)
	}
	runtime.AddCleanup(p, d.dropped.memory, p.arena)
	if p.scratch, err = d.take(p.more, nan); err != nil {
		return nil, fmt.Errorf("cuda: allocate scratch memory of %d MB: %w", p.more>>18, err)
	}
	runtime.AddCleanup(p, d.dropped.memory, p.scratch)
	counters, err := d.take(p.counted, 0)
	if err != nil {
		return nil, fmt.Errorf("cuda: allocate memory for counters: %w", err)
	}
	runtime.AddCleanup(p, d.dropped.memory, counters)
	bind := lowering{device: d, arena: p.arena, scratch: p.scratch, counters: counters}
	p.launches, err = bind.all(plan.Calls)
	p.defined = bind.defined
	return p, err
}

// Run starts all calls and does not wait for them; Device.Read does. From the second run on it replays a captured
// graph, so that it checks the context once per run.
func (p *program) Run(ctx context.Context) error {
	if p.poisonErr != nil {
		return p.poisonErr
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.captured {
		if err := p.device.driver.Replay(p.graph); err != nil {
			return fmt.Errorf("cuda: replay the program: %w", err)
		}
		return nil
	}
	if err := p.eager(ctx); err != nil {
		return err
	}
	if p.device.options.Eager || p.device.noGraphs != nil || len(p.defined) > 0 {
		return nil
	}
	// After a run, because the driver loads kernels at their first launch, which must not happen in a capture.
	return p.capture()
}

// capture makes a graph of the program. If the driver fails to, the device remembers that, and everything runs
// eagerly, with the same results.
func (p *program) capture() error {
	driver := p.device.driver
	if err := driver.Capture(); err != nil {
		p.device.noGraphs = err
		return nil
	}
	launchErr := p.eager(context.Background())
	graph, err := driver.EndCapture()
	if launchErr != nil {
		return launchErr
	}
	if err != nil {
		p.device.noGraphs = err
		return nil
	}
	p.graph, p.captured = graph, true
	runtime.AddCleanup(p, p.device.dropped.graph, graph)
	return nil
}

func (p *program) eager(ctx context.Context) error {
	return p.device.driver.Together(func() error {
		for i := range p.calls {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := p.call(i); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *program) call(i int) error {
	for _, l := range p.launches[i] {
		if err := p.start(l); err != nil {
			return fmt.Errorf("cuda: call %d, %s: %w", i, p.calls[i].Name(), err)
		}
	}
	return nil
}

func (p *program) start(l launch) error {
	if l.host != nil {
		return l.host()
	}
	return p.device.driver.Launch(l.kernel, l.grid, l.params)
}

// Poison fills arena and scratch with NaN. If that fails, the next Run returns the error.
func (p *program) Poison() {
	err := p.device.driver.Fill(p.arena, nan, p.words)
	if err == nil {
		err = p.device.driver.Fill(p.scratch, nan, p.more)
	}
	p.poisonErr = err
}

// Bytes returns the size of the arena, the scratch and the counters.
func (p *program) Bytes() int64 { return 4 * (p.words + p.more + p.counted) }

// Profile runs call by call and waits after each, so that the time to launch is part of every timing.
func (p *program) Profile(ctx context.Context) ([]device.Timing, error) {
	if err := p.device.driver.Wait(); err != nil {
		return nil, err
	}
	timings := make([]device.Timing, 0, len(p.calls))
	for i, c := range p.calls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		if err := p.call(i); err != nil {
			return nil, err
		}
		if err := p.device.driver.Wait(); err != nil {
			return nil, fmt.Errorf("cuda: call %d, %s: %w", i, c.Name(), err)
		}
		timings = append(timings, device.Timing{
			Call: c, Seconds: time.Since(start).Seconds(), Defined: slices.Contains(p.defined, i),
		})
	}
	return timings, nil
}
