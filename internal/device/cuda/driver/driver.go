//go:build r2gpu

package driver

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"gorgonia.org/cu"
)

// threads is the size of every block.
const threads = 256

// Driver is one GPU with two streams. One locked thread makes all driver calls, because a CUDA context belongs to a
// thread; the methods themselves may be called from any goroutine, one at a time.
type Driver struct {
	calls   chan func()
	inside  bool // the caller is already on the thread
	device  cu.Device
	stream  cu.Stream // kernels, and copies in order with them
	uploads cu.Stream
	modules []cu.Module
	kernels []cu.Function
	graphs  []graph
	events  []cu.Event
	pinned  map[unsafe.Pointer]bool
}

// Open opens the GPU with that number (from 0). The error explains why there is none.
func Open(number int) (*Driver, error) {
	if err := problem(); err != nil {
		return nil, err
	}
	d := &Driver{calls: make(chan func()), pinned: map[unsafe.Pointer]bool{}}
	go func() {
		runtime.LockOSThread()
		for call := range d.calls {
			call()
		}
	}()
	if err := d.do("open the GPU", func() error { return d.open(number) }); err != nil {
		close(d.calls)
		return nil, err
	}
	return d, nil
}

// do runs f on the driver's thread.
func (d *Driver) do(what string, f func() error) error {
	run := f
	if !d.inside {
		run = func() error { return d.Together(f) }
	}
	if err := run(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Together runs f on the driver's thread, so that its calls need not switch to it one by one.
func (d *Driver) Together(f func() error) error {
	if d.inside {
		return f()
	}
	done := make(chan error)
	d.calls <- func() {
		d.inside = true
		err := f()
		d.inside = false
		done <- err
	}
	return <-done
}

func (d *Driver) open(number int) error {
	count, err := cu.NumDevices()
	if err != nil {
		return fmt.Errorf("count GPUs: %w", err)
	}
	if number < 0 || number >= count {
		return fmt.Errorf("GPU %d of %d: there is none of that number", number, count)
	}
	if d.device, err = cu.GetDevice(number); err != nil {
		return err
	}
	major, err := d.device.Attribute(cu.ComputeCapabilityMajor)
	if err != nil {
		return err
	}
	minor, err := d.device.Attribute(cu.ComputeCapabilityMinor)
	if err != nil {
		return err
	}
	if 10*major+minor < 75 {
		return fmt.Errorf("GPU %d has compute capability %d.%d; the kernels need 7.5 (Turing) or later", number,
			major, minor)
	}
	context, err := d.device.RetainPrimaryCtx()
	if err != nil {
		return fmt.Errorf("create a context: %w", err)
	}
	if err := cu.SetCurrentContext(context); err != nil {
		return err
	}
	if d.stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
		return fmt.Errorf("create a stream: %w", err)
	}
	if d.uploads, err = cu.MakeStream(cu.NonBlocking); err != nil {
		return fmt.Errorf("create a stream for uploads: %w", err)
	}
	return nil
}

// Memory returns the number of bytes that are free on the GPU, for all its users together.
func (d *Driver) Memory() (free int64, err error) {
	err = d.do("ask for free memory", func() error {
		free, _, err = cu.MemInfo()
		return err
	})
	return free, err
}

// Describe returns the name of the GPU, its memory, and the version of the driver.
func (d *Driver) Describe() string {
	var name string
	var bytes int64
	var major, minor int
	err := d.do("ask the GPU", func() (err error) {
		if name, err = d.device.Name(); err != nil {
			return err
		}
		if bytes, err = d.device.TotalMem(); err != nil {
			return err
		}
		major, err = d.device.Attribute(cu.ComputeCapabilityMajor)
		if err != nil {
			return err
		}
		minor, err = d.device.Attribute(cu.ComputeCapabilityMinor)
		return err
	})
	if err != nil {
		return err.Error()
	}
	version := cu.Version()
	return fmt.Sprintf("%s, %.0f GiB, compute capability %d.%d, driver for CUDA %d.%d",
		strings.TrimSpace(name), float64(bytes)/(1<<30), major, minor, version/1000, version%1000/10)
}

// Load compiles a PTX module for the GPU.
func (d *Driver) Load(ptx string) error {
	return d.do("load a PTX module", func() error {
		module, err := cu.LoadData(ptx)
		if err == nil {
			d.modules = append(d.modules, module)
		}
		return err
	})
}

// Kernel returns a kernel of the loaded modules.
func (d *Driver) Kernel(name string) (uint64, error) {
	err := d.do("find kernel "+name, func() error {
		for _, module := range d.modules {
			if f, err := module.Function(name); err == nil {
				d.kernels = append(d.kernels, f)
				return nil
			}
		}
		return cu.NotFound
	})
	return uint64(len(d.kernels) - 1), err
}

// Alloc allocates device memory.
func (d *Driver) Alloc(bytes int64) (address uint64, err error) {
	err = d.do(fmt.Sprintf("allocate %d bytes on the GPU", bytes), func() error {
		p, err := cu.MemAlloc(bytes)
		address = uint64(p)
		return err
	})
	return address, err
}

// Free frees memory when the GPU has finished using it.
func (d *Driver) Free(address uint64) error {
	return d.do("free memory", func() error { return cu.MemFree(cu.DevicePtr(address)) })
}

// Launch starts a kernel. cu copies its arguments, 8 bytes each, one behind the other, and the kernel has one
// parameter, a struct, which begins where the first argument does: so the struct is passed in pieces of 8 bytes.
func (d *Driver) Launch(kernel uint64, grid [3]int, params []byte) error {
	if len(params)%8 != 0 {
		return fmt.Errorf("parameters of %d bytes", len(params))
	}
	pieces := make([]unsafe.Pointer, len(params)/8)
	for i := range pieces {
		pieces[i] = unsafe.Pointer(&params[8*i])
	}
	return d.do("launch a kernel", func() error {
		return d.kernels[kernel].Launch(grid[0], grid[1], grid[2], threads, 1, 1, 0, d.stream, pieces)
	})
}

// Close destroys the context, and with it everything left in it.
func (d *Driver) Close() error {
	err := d.do("close the GPU", func() error {
		err := d.Wait()
		for p := range d.pinned {
			err = errors.Join(err, d.unpin(p))
		}
		for i := range d.events {
			err = errors.Join(err, cu.DestroyEvent(&d.events[i]))
		}
		for _, m := range d.modules {
			err = errors.Join(err, m.Unload())
		}
		return errors.Join(err, d.stream.Destroy(), d.uploads.Destroy(), d.device.ReleasePrimaryCtx())
	})
	close(d.calls)
	return err
}
