package sim

import (
	"fmt"
	"sort"
)

// poison is the content of memory before anything was written: a NaN.
const poison = 0x7fc0dead

// An allocation is a piece of global memory. There is unallocated space around it, so that an access past its end is
// detected.
type allocation struct {
	base    uint64 // address
	words   []uint32
	freed   bool
	touches []touch // who used each word, if races are detected
}

// memory is the global memory of a simulated device.
type memory struct {
	allocations []*allocation // by address
	next        uint64
}

// Addresses begin out of reach of a null pointer with an offset.
const (
	firstAddress = 1 << 40
	gap          = 1 << 20
)

func (m *memory) alloc(bytes int64, races bool) *allocation {
	a := &allocation{base: m.next, words: make([]uint32, (bytes+3)/4)}
	for i := range a.words {
		a.words[i] = poison
	}
	if races {
		a.touches = make([]touch, len(a.words))
	}
	m.allocations = append(m.allocations, a)
	m.next += uint64(bytes+gap-1)/gap*gap + gap
	return a
}

// find returns the allocation that contains [address, address+bytes).
func (m *memory) find(address, bytes uint64) (*allocation, error) {
	i := sort.Search(len(m.allocations), func(i int) bool { return m.allocations[i].base > address }) - 1
	if i < 0 {
		return nil, fmt.Errorf("address %#x is in no allocation", address)
	}
	a := m.allocations[i]
	if a.freed {
		return nil, fmt.Errorf("address %#x is in freed memory", address)
	}
	if end := address - a.base + bytes; end > uint64(4*len(a.words)) {
		return nil, fmt.Errorf("address %#x is %d bytes past the end of an allocation of %d bytes",
			address, end-uint64(4*len(a.words)), 4*len(a.words))
	}
	return a, nil
}

// span returns the words of [address, address+bytes).
func (m *memory) span(address uint64, bytes int64) ([]uint32, error) {
	a, err := m.find(address, uint64(bytes))
	if err != nil {
		return nil, err
	}
	first := (address - a.base) / 4
	return a.words[first : first+uint64(bytes+3)/4], nil
}

// A touch records which threads used a word, and when: in which launch for global memory, between which barriers for
// shared memory. Threads are counted from 1; `many` stands for several.
type touch struct {
	writer, reader int32
	epoch          uint32
}

const many = -1

// race records an access and reports whether another thread's access to the same word conflicts with it.
func (t *touch) race(thread int32, epoch uint32, store bool) bool {
	if t.epoch != epoch {
		*t = touch{epoch: epoch}
	}
	if t.writer != 0 && t.writer != thread {
		return true
	}
	if store {
		t.writer = thread
		return t.reader != 0 && t.reader != thread
	}
	if t.reader == 0 {
		t.reader = thread
	} else if t.reader != thread {
		t.reader = many
	}
	return false
}

// access is a compiled ld or st.
type access struct {
	base   int // slot of the address
	offset uint64
	values []int // slots
	words  int   // of each value: 1 or 2
	bytes  uint64
	store  bool
}

// move copies between registers and memory.
func (a *access) move(r []uint64, lane int, at []uint32) {
	for i, v := range a.values {
		switch {
		case a.store && a.words == 1:
			at[i] = uint32(r[v+lane])
		case a.store:
			at[2*i], at[2*i+1] = uint32(r[v+lane]), uint32(r[v+lane]>>32)
		case a.words == 1:
			r[v+lane] = uint64(at[i])
		default:
			r[v+lane] = uint64(at[2*i]) | uint64(at[2*i+1])<<32
		}
	}
}

func (a *access) param(g *group, on []int) {
	r := g.registers
	for _, l := range on {
		at := r[a.base+l] + a.offset
		if at%4 != 0 || at+a.bytes > uint64(4*len(g.block.launch.params)) {
			g.fail(l, fmt.Errorf("parameter bytes %d to %d of %d", at, at+a.bytes, 4*len(g.block.launch.params)))
			return
		}
		a.move(r, l, g.block.launch.params[at/4:])
	}
}

func (a *access) shared(g *group, on []int) {
	r, b := g.registers, g.block
	single := len(a.values) == 1 && a.words == 1 && !a.store && b.touches == nil
	for _, l := range on {
		at := r[a.base+l] + a.offset
		if single && at%4 == 0 && at/4 < uint64(len(b.shared)) {
			r[a.values[0]+l] = uint64(b.shared[at/4])
			continue
		}
		if at%a.bytes != 0 || at+a.bytes > uint64(4*len(b.shared)) {
			g.fail(l, fmt.Errorf("shared bytes %d to %d of %d, aligned to %d",
				at, at+a.bytes, 4*len(b.shared), a.bytes))
			return
		}
		first := at / 4
		a.move(r, l, b.shared[first:])
		if b.touches == nil {
			continue
		}
		for i := range a.bytes / 4 {
			if b.touches[first+i].race(g.thread(l), b.epoch, a.store) {
				g.fail(l, fmt.Errorf("race on shared byte %d: another thread uses it with no barrier between", at))
				return
			}
		}
	}
}

func (a *access) global(g *group, on []int) {
	r, launch := g.registers, g.block.launch
	var in *allocation
	for _, l := range on {
		at := r[a.base+l] + a.offset
		if in == nil || at < in.base || at-in.base+a.bytes > uint64(4*len(in.words)) {
			var err error
			if in, err = launch.memory.find(at, a.bytes); err != nil {
				g.fail(l, err)
				return
			}
		}
		if at%a.bytes != 0 {
			g.fail(l, fmt.Errorf("address %#x is not aligned to %d bytes", at, a.bytes))
			return
		}
		first := (at - in.base) / 4
		a.move(r, l, in.words[first:])
		if in.touches == nil {
			continue
		}
		if a.store {
			g.block.stored.by(g.thread(l), g.block.epoch)
		}
		for i := range a.bytes / 4 {
			t := &in.touches[first+i]
			if !a.store && t.epoch == launch.epoch && g.block.follows(g.thread(l), t.writer) {
				t.reader = many
				continue
			}
			if t.race(g.block.number*maxThreads+g.thread(l), launch.epoch, a.store) {
				g.fail(l, fmt.Errorf("race on address %#x: another thread of this launch uses it", at))
				return
			}
		}
	}
}
