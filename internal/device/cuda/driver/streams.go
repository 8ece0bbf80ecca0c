//go:build r2gpu

package driver

// #include <cuda.h>
import "C"

import (
	"unsafe"

	"gorgonia.org/cu"
)

// Event creates an event without timing.
func (d *Driver) Event() (uint64, error) {
	err := d.do("make an event", func() error {
		event, err := cu.MakeEvent(cu.DisableTiming)
		if err == nil {
			d.events = append(d.events, event)
		}
		return err
	})
	return uint64(len(d.events) - 1), err
}

// Record makes an event pass when the stream of kernels has reached this point.
func (d *Driver) Record(event uint64) error {
	return d.do("record an event", func() error { return d.events[event].Record(d.stream) })
}

// Follow makes the stream of kernels wait for an event.
func (d *Driver) Follow(event uint64) error {
	return d.do("wait for an event on the GPU", func() error { return d.stream.Wait(d.events[event], 0) })
}

// Passed reports whether an event has passed.
func (d *Driver) Passed(event uint64) (passed bool, err error) {
	err = d.do("ask for an event", func() error {
		err := d.events[event].Query()
		passed = err == nil
		if err == cu.NotReady {
			return nil
		}
		return err
	})
	return passed, err
}

// Await waits until an event has passed; an event that was never recorded has.
func (d *Driver) Await(event uint64) error {
	return d.do("wait for the GPU", func() error { return d.events[event].Synchronize() })
}

// Pin allocates host memory that cannot be swapped out.
func (d *Driver) Pin(words int) (memory []float32, err error) {
	err = d.do("take pinned memory", func() error {
		var p unsafe.Pointer
		if err := check("cuMemHostAlloc", C.cuMemHostAlloc(&p, C.size_t(4*words), 0)); err != nil {
			return err
		}
		memory = unsafe.Slice((*float32)(p), words)
		d.pinned[p] = true
		return nil
	})
	return memory, err
}

// Unpin frees it.
func (d *Driver) Unpin(memory []float32) error {
	return d.do("give pinned memory back", func() error { return d.unpin(unsafe.Pointer(unsafe.SliceData(memory))) })
}

func (d *Driver) unpin(p unsafe.Pointer) error {
	delete(d.pinned, p)
	return check("cuMemFreeHost", C.cuMemFreeHost(p))
}

// Upload copies on a stream of its own.
func (d *Driver) Upload(to uint64, from []float32, done uint64) error {
	return d.do("copy to the GPU", func() error {
		if err := cu.MemcpyHtoDAsync(
			cu.DevicePtr(to), unsafe.Pointer(unsafe.SliceData(from)), int64(4*len(from)), d.uploads,
		); err != nil {
			return err
		}
		return d.events[done].Record(d.uploads)
	})
}

// Download copies on the stream of kernels.
func (d *Driver) Download(to []float32, from uint64) error {
	return d.do("copy from the GPU", func() error {
		return cu.MemcpyDtoHAsync(unsafe.Pointer(unsafe.SliceData(to)), cu.DevicePtr(from), int64(4*len(to)), d.stream)
	})
}

// Move copies on the stream of kernels.
func (d *Driver) Move(to, from uint64, words int64) error {
	return d.do("copy on the GPU", func() error {
		return cu.MemcpyDtoDAsync(cu.DevicePtr(to), cu.DevicePtr(from), 4*words, d.stream)
	})
}

// Fill sets words of device memory on the stream of kernels.
func (d *Driver) Fill(address uint64, bits uint32, words int64) error {
	if words == 0 {
		return nil
	}
	return d.do("fill memory", func() error {
		return cu.MemsetD32Async(cu.DevicePtr(address), uint(bits), words, d.stream)
	})
}

// Wait waits until both streams are empty; errors of kernels that ran before are returned here.
func (d *Driver) Wait() error {
	return d.do("wait for the GPU", func() error {
		if err := d.stream.Synchronize(); err != nil {
			return err
		}
		return d.uploads.Synchronize()
	})
}
