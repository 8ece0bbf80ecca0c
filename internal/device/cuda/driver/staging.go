//go:build r2gpu

package driver

// #include <cuda.h>
import "C"

import (
	"unsafe"

	"gorgonia.org/cu"
)

// stagingWords is the size of each pinned buffer: 4 MiB, a batch of 16 images of 256×256.
const stagingWords = 1 << 20

// staging moves values between Go's memory and the GPU's by way of two pinned buffers: while the GPU still copies from
// one, the next batch is written to the other.
type staging struct {
	stream  cu.Stream
	pinned  [2][]float32
	emptied [2]cu.Event
	next    int
}

func newStaging(stream cu.Stream) (*staging, error) {
	s := &staging{stream: stream}
	for i := range s.pinned {
		var p unsafe.Pointer
		if err := check("allocate pinned memory", C.cuMemHostAlloc(&p, 4*stagingWords, 0)); err != nil {
			return nil, err
		}
		s.pinned[i] = unsafe.Slice((*float32)(p), stagingWords)
		var err error
		if s.emptied[i], err = cu.MakeEvent(cu.DisableTiming); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *staging) write(address uint64, from []float32) error {
	for len(from) > 0 {
		i := s.next
		s.next = 1 - i
		if err := s.emptied[i].Synchronize(); err != nil { // an event that was never recorded is past
			return err
		}
		n := copy(s.pinned[i], from)
		if err := cu.MemcpyHtoDAsync(cu.DevicePtr(address), unsafe.Pointer(&s.pinned[i][0]), int64(4*n), s.stream); err != nil {
			return err
		}
		if err := s.emptied[i].Record(s.stream); err != nil {
			return err
		}
		from, address = from[n:], address+uint64(4*n)
	}
	return nil
}

func (s *staging) read(to []float32, address uint64) error {
	for len(to) > 0 {
		n := min(len(to), stagingWords)
		// the stream is in order: what the GPU still copies from this buffer is done before it is written
		if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&s.pinned[0][0]), cu.DevicePtr(address), int64(4*n), s.stream); err != nil {
			return err
		}
		if err := s.stream.Synchronize(); err != nil {
			return err
		}
		copy(to[:n], s.pinned[0])
		to, address = to[n:], address+uint64(4*n)
	}
	return nil
}

func (s *staging) free() error {
	for i := range s.pinned {
		if err := cu.DestroyEvent(&s.emptied[i]); err != nil {
			return err
		}
		if err := check("free pinned memory", C.cuMemFreeHost(unsafe.Pointer(&s.pinned[i][0]))); err != nil {
			return err
		}
	}
	return nil
}
