package datasets

import (
	"container/list"
	"sync"

	"r2unet/datasets/cache"
)

// memoryLimit bounds the prepared images held in memory, bytes. All retina sets fit; larger sets are read back from the cache folder.
const memoryLimit = 384 << 20

// memory holds the prepared images used last. The zero value is ready.
type memory struct {
	mu    sync.Mutex
	order list.List // of held, the last used first
	byID  map[string]*list.Element
	bytes int
}

type held struct {
	id     string
	sample *cache.Sample
}

func (m *memory) get(id string) *cache.Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.byID[id]
	if e == nil {
		return nil
	}
	m.order.MoveToFront(e)
	return e.Value.(held).sample
}

func (m *memory) put(id string, s *cache.Sample) {
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
