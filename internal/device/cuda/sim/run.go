package sim

import (
	"fmt"
	"math/rand/v2"
)

const (
	lanes      = 32   // threads that run in step
	maxThreads = 1024 // of a block
)

// A launch is one run of a kernel over a grid.
type launch struct {
	kernel *kernel
	memory *memory
	params []uint32
	grid   [3]int
	size   int    // threads of a block
	epoch  uint32 // number of the launch, to detect races
	races  bool
	met    map[uint64]*meeting // by counter
}

// run executes the blocks in random order, and the threads of each block in random groups: a result that depends on
// either reveals a race.
func (l *launch) run(random *rand.Rand) error {
	total := l.grid[0] * l.grid[1] * l.grid[2]
	if l.kernel.block == nil {
		l.kernel.block = newBlock(l)
	}
	b := l.kernel.block
	b.launch, l.met = l, map[uint64]*meeting{}
	for _, number := range random.Perm(total) {
		b.start(number, random)
		if err := b.run(random); err != nil {
			return fmt.Errorf("kernel %s, block %v: %w", l.kernel.name, b.place, err)
		}
	}
	return nil
}

// A block is one thread block: its shared memory and its threads.
type block struct {
	launch  *launch
	number  int32
	place   [3]int
	shared  []uint32
	touches []touch
	epoch   uint32 // barriers passed, over all blocks
	groups  []*group
	stored  stored
	seen    []seen
}

func newBlock(l *launch) *block {
	b := &block{launch: l, shared: make([]uint32, (l.kernel.sharedLen+3)/4)}
	if l.races {
		b.touches = make([]touch, len(b.shared))
	}
	for first := 0; first < l.size; first += lanes {
		b.groups = append(b.groups, newGroup(b, min(lanes, l.size-first)))
	}
	return b
}

func (b *block) start(number int, random *rand.Rand) {
	grid := b.launch.grid
	b.number = int32(number)
	b.place = [3]int{number % grid[0], number / grid[0] % grid[1], number / grid[0] / grid[1]}
	b.epoch++
	b.stored, b.seen = stored{}, b.seen[:0]
	for i := range b.shared {
		b.shared[i] = poison
	}
	threads := make([]int, b.launch.size)
	for i := range threads {
		threads[i] = i
	}
	if !b.launch.kernel.together {
		random.Shuffle(len(threads), func(i, j int) { threads[i], threads[j] = threads[j], threads[i] })
	}
	for _, g := range b.groups {
		g.start(threads[:g.size])
		threads = threads[g.size:]
	}
}

// run runs every group to the next barrier, until all threads have returned.
func (b *block) run(random *rand.Rand) error {
	for {
		barrier, waiting := -1, false
		for _, i := range random.Perm(len(b.groups)) {
			g := b.groups[i]
			if err := g.run(); err != nil {
				return err
			}
			for l := range g.size {
				if g.state[l] != atBarrier {
					continue
				}
				waiting = true
				if barrier >= 0 && g.at[l] != barrier {
					return fmt.Errorf("threads wait at different barriers, lines %d and %d",
						b.launch.kernel.steps[barrier].line, b.launch.kernel.steps[g.at[l]].line)
				}
				barrier = g.at[l]
			}
		}
		if !waiting {
			return nil
		}
		b.epoch++
		for _, g := range b.groups {
			g.release()
		}
	}
}

type laneState int8

const (
	running  laneState = iota
	atMatrix           // waits for the other lanes of its warp
	atBarrier
	returned
)

// A group is up to 32 threads that run in step. Register slot s of lane l is registers[s·lanes + l].
type group struct {
	block     *block
	size      int
	registers []uint64
	threads   [lanes]int // thread numbers
	at        [lanes]int // next step of each lane
	state     [lanes]laneState
	current   int        // step being executed
	on, take  [lanes]int // room for lists of lanes
	err       error
}

func newGroup(b *block, size int) *group {
	g := &group{block: b, size: size, registers: make([]uint64, b.launch.kernel.registers*lanes)}
	for slot, value := range b.launch.kernel.constants {
		for l := range lanes {
			g.registers[slot*lanes+l] = value
		}
	}
	return g
}

func (g *group) start(threads []int) {
	copy(g.threads[:], threads)
	b := g.block
	for l := range g.size {
		g.at[l], g.state[l] = 0, running
	}
	for slot, name := range b.launch.kernel.special {
		for l := range g.size {
			g.registers[slot*lanes+l] = uint64(b.special(name, g.threads[l]))
		}
	}
}

func (b *block) special(name string, thread int) int {
	switch name {
	case "%tid.x":
		return thread
	case "%ntid.x":
		return b.launch.size
	case "%ctaid.x", "%ctaid.y", "%ctaid.z":
		return b.place[name[len(name)-1]-'x']
	case "%nctaid.x", "%nctaid.y", "%nctaid.z":
		return b.launch.grid[name[len(name)-1]-'x']
	}
	return 0 // %tid.y and %tid.z: blocks are one-dimensional
}

// thread returns the thread's number counted from 1, as touches need it.
func (g *group) thread(lane int) int32 { return int32(g.threads[lane]) + 1 }

func (g *group) fail(lane int, err error) {
	if g.err == nil {
		s := g.block.launch.kernel.steps[g.current]
		g.err = fmt.Errorf("thread %d, line %d, %s: %w", g.threads[lane], s.line, s.source, err)
	}
}

func (g *group) release() {
	for l := range g.size {
		if g.state[l] == atBarrier {
			g.state[l] = running
			g.at[l]++
		}
	}
}

// run executes until every lane waits at a barrier or has returned. Among lanes at different steps, those furthest
// behind run first, so that they reconverge after a branch.
func (g *group) run() error {
	for {
		first, second := -1, -1 // the two lowest steps at which there are running lanes
		for l := range g.size {
			if g.state[l] != running {
				continue
			}
			switch at := g.at[l]; {
			case first < 0:
				first = at
			case at < first:
				first, second = at, first
			case at > first && (second < 0 || at < second):
				second = at
			}
		}
		if first < 0 {
			if g.meetAtMatrix() {
				continue
			}
			return g.err
		}
		on := g.on[:0]
		for l := range g.size {
			if g.state[l] == running && g.at[l] == first {
				on = append(on, l)
			}
		}
		if g.advance(on, first, second); g.err != nil {
			return g.err
		}
	}
}

// meetAtMatrix lets the warp continue when all of its lanes wait at the same matrix instruction.
func (g *group) meetAtMatrix() bool {
	waiting := 0
	for l := range g.size {
		if g.state[l] == atMatrix {
			g.current = g.at[l]
			waiting++
		}
	}
	if waiting == 0 {
		return false
	}
	on := g.on[:0]
	for l := range g.size {
		if g.state[l] == atMatrix && g.at[l] == g.current {
			on = append(on, l)
		}
	}
	if len(on) < lanes {
		g.fail(on[0], fmt.Errorf("%d of the warp's 32 threads come here", len(on)))
		return false
	}
	if g.block.launch.kernel.steps[g.current].run(g, on); g.err != nil {
		return false
	}
	g.stand(on, g.current+1, running)
	return true
}

// advance runs the lanes `on`, which are all at step `at`, until they diverge, stop, or reach the step `meet`.
func (g *group) advance(on []int, at, meet int) {
	steps := g.block.launch.kernel.steps
	for at != meet {
		s := &steps[at]
		g.current = at
		take := on
		if s.guard >= 0 {
			take = g.take[:0]
			for _, l := range on {
				if (g.registers[s.guard*lanes+l] != 0) != s.negate {
					take = append(take, l)
				}
			}
		}
		switch {
		case s.kind == matrixStep && len(take) < lanes:
			g.stand(on, at+1, running)
			g.stand(take, at, atMatrix)
			return
		case s.kind == plainStep || s.kind == matrixStep:
			if s.run(g, take); g.err != nil {
				return
			}
			at++
		case len(take) == 0:
			at++
		case s.kind == branchStep && len(take) == len(on):
			at = s.target
			if meet >= 0 && at > meet {
				g.stand(on, at, running)
				return
			}
		default:
			g.stand(on, at+1, running)
			switch s.kind {
			case branchStep:
				g.stand(take, s.target, running)
			case barrierStep:
				g.stand(take, at, atBarrier)
			case returnStep:
				g.stand(take, at, returned)
			}
			return
		}
	}
	g.stand(on, at, running)
}

func (g *group) stand(on []int, at int, state laneState) {
	for _, l := range on {
		g.at[l], g.state[l] = at, state
	}
}
