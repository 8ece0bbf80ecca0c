package sim

import (
	"errors"
	"fmt"
	"strings"
)

// Blocks synchronize at counters: an atomic operation with acquire and release lets the threads of a block, after the
// next barrier, read what the blocks that came to the counter earlier had written before their last barrier. Any
// other use of another block's memory is a race.

// meeting records the blocks that came to one counter, in order.
type meeting struct{ order map[int32]int }

// seen is a meeting to which a block has come, as the place-th.
type seen struct {
	*meeting
	place  int
	thread int32
	epoch  uint32
}

// stored records who has stored to global memory since the last barrier.
type stored struct { // many for several threads; 0 for none
	thread int32 // many for several; 0 for none
	epoch  uint32
}

func (s *stored) by(thread int32, epoch uint32) {
	switch {
	case s.epoch != epoch || s.thread == 0:
		*s = stored{thread, epoch}
	case s.thread != thread:
		s.thread = many
	}
}

// follows reports whether a write by writer, a thread of some block, is visible to a thread of this block.
func (b *block) follows(thread, writer int32) bool {
	if writer == 0 {
		return false
	}
	for _, s := range b.seen {
		if place, came := s.order[(writer-1)/maxThreads]; came && place <= s.place &&
			(b.epoch > s.epoch || thread == s.thread) {
			return true
		}
	}
	return false
}

// meet records that a block comes to a counter.
func (g *group) meet(lane int, at uint64) {
	b := g.block
	if b.stored.epoch == b.epoch && b.stored.thread != 0 && b.stored.thread != g.thread(lane) {
		g.fail(lane, errors.New(
			"other threads of the block have stored since the last barrier, which this does not release"))
		return
	}
	m := b.launch.met[at]
	if m == nil {
		m = &meeting{map[int32]int{}}
		b.launch.met[at] = m
	}
	m.order[b.number] = len(m.order)
	b.seen = append(b.seen, seen{m, m.order[b.number], g.thread(lane), b.epoch})
}

// atomic compiles atom.acq_rel.gpu.inc.u32 of global memory: old = [a]; [a] = old ≥ b ? 0 : old+1.
func (c *compiler) atomic(parts, operands []string) (func(*group, []int), error) {
	if name := strings.Join(parts, "."); name != "atom.acq_rel.gpu.inc.u32" {
		return nil, fmt.Errorf("unknown instruction %s", name)
	}
	base, offset, err := c.address(operands[1])
	if err != nil {
		return nil, err
	}
	p, err := c.places([]string{operands[0], operands[2]}, "u32")
	if err != nil {
		return nil, err
	}
	return func(g *group, on []int) {
		for _, l := range on {
			at := g.registers[base+l] + offset
			words, err := g.block.launch.memory.span(at, 4)
			if err != nil || at%4 != 0 {
				g.fail(l, fmt.Errorf("counter at address %#x: %v", at, err))
				return
			}
			old := words[0]
			if words[0]++; old >= uint32(g.registers[p[1]+l]) {
				words[0] = 0
			}
			g.registers[p[0]+l] = uint64(old)
			if g.block.launch.races {
				g.meet(l, at)
			}
		}
	}, nil
}
