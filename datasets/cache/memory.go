package cache

import (
	"container/list"
	"sync"
)

// memoryLimit bounds the prepared images in memory, in bytes. All retina sets fit; larger sets are read back from the
// cache folder.
const memoryLimit = 384 << 20

// Memory holds the most recently used prepared samples. The zero value is ready to use. Methods may be called
// concurrently.
type Memory struct {
	mu    sync.Mutex
	order list.List // of held, most recently used first
	byID  map[string]*list.Element
	bytes int
}

type held struct {
	id     string
	sample *Sample
}

// Get returns a sample, or nil if it is not in memory.
func (m *Memory) Get(id string) *Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.byID[id]
	if e == nil {
		return nil
	}
	m.order.MoveToFront(e)
	return e.Value.(held).sample
}

// Put adds a sample and evicts the least recently used ones beyond memoryLimit.
func (m *Memory) Put(id string, s *Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byID == nil {
		m.byID = map[string]*list.Element{}
	}
	if m.byID[id] != nil {
		return
	}
	m.byID[id] = m.order.PushFront(held{id, s})
	m.bytes += s.Bytes()
	for m.bytes > memoryLimit && m.order.Len() > 1 {
		last := m.order.Back()
		h := m.order.Remove(last).(held)
		delete(m.byID, h.id)
		m.bytes -= h.sample.Bytes()
	}
}

// Drop evicts everything.
func (m *Memory) Drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.order.Init()
	clear(m.byID)
	m.bytes = 0
}
