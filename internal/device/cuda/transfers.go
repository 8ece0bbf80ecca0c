package cuda

import "fmt"

// transfers copies values between Go's memory and the GPU's through pinned memory.
//
// Uploads are staged in device memory while kernels run, then moved into place in stream order, so that the next
// batch is on the GPU when the present step ends. The number of slots bounds how far the caller can be ahead: two
// steps of three writes each.
type transfers struct {
	driver Driver
	slots  [8]slot
	next   int
	words  int // minimum size of a used slot: that of the largest write

	down []float32 // pinned, for reads
	read uint64    // event: a read is done
}

// slotWords is the capacity of a slot: 4 MiB, a batch of 16 images of 256×256.
const slotWords = 1 << 20

// A slot holds a part of one write, in pinned memory and on the device.
type slot struct {
	pinned          []float32
	address         uint64
	copied, arrived uint64 // events: copied to the device; moved into place, so that the slot is free
}

func newTransfers(driver Driver) (*transfers, error) {
	t := &transfers{driver: driver}
	var err error
	if t.read, err = driver.Event(); err != nil {
		return nil, err
	}
	for i := range t.slots {
		s := &t.slots[i]
		if s.copied, err = driver.Event(); err != nil {
			return nil, err
		}
		if s.arrived, err = driver.Event(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// write copies values to the device, after all work started before; `from` may be reused as soon as it returns.
func (t *transfers) write(address uint64, from []float32) error {
	return t.driver.Together(func() error {
		for len(from) > 0 {
			n := min(len(from), slotWords)
			if err := t.send(address, from[:n]); err != nil {
				return err
			}
			from, address = from[n:], address+uint64(4*n)
		}
		return nil
	})
}

func (t *transfers) send(address uint64, from []float32) error {
	s := &t.slots[t.next]
	t.next = (t.next + 1) % len(t.slots)
	if err := t.driver.Await(s.arrived); err != nil {
		return err
	}
	if err := t.grow(s, len(from)); err != nil {
		return fmt.Errorf("memory for copies to the GPU: %w", err)
	}
	n := copy(s.pinned, from)
	if err := t.driver.Upload(s.address, s.pinned[:n], s.copied); err != nil {
		return err
	}
	if err := t.driver.Follow(s.copied); err != nil {
		return err
	}
	if err := t.driver.Move(address, s.address, int64(n)); err != nil {
		return err
	}
	return t.driver.Record(s.arrived)
}

// grow makes a slot large enough for the largest write so far, so that after one round of the slots no step
// allocates.
func (t *transfers) grow(s *slot, words int) (err error) {
	t.words = max(t.words, words)
	if len(s.pinned) >= t.words {
		return nil
	}
	if s.pinned != nil {
		if err := t.driver.Unpin(s.pinned); err != nil {
			return err
		}
		if err := t.driver.Free(s.address); err != nil {
			return err
		}
		s.pinned = nil
	}
	if s.address, err = t.driver.Alloc(4 * int64(t.words)); err != nil {
		return err
	}
	s.pinned, err = t.driver.Pin(t.words)
	return err
}

// fetch waits for all work started before and copies from the device.
func (t *transfers) fetch(to []float32, address uint64) error {
	return t.driver.Together(func() error {
		if t.down == nil {
			var err error
			if t.down, err = t.driver.Pin(slotWords); err != nil {
				return err
			}
		}
		for len(to) > 0 {
			n := min(len(to), slotWords)
			if err := t.driver.Download(t.down[:n], address); err != nil {
				return err
			}
			if err := t.driver.Record(t.read); err != nil {
				return err
			}
			if err := t.driver.Await(t.read); err != nil {
				return err
			}
			copy(to[:n], t.down)
			to, address = to[n:], address+uint64(4*n)
		}
		return nil
	})
}
