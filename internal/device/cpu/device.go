// Package cpu is the fast device for the processor: blocked feature maps, packed weights, kernels in assembly on
// processors with AVX-512 or AVX2 and in plain Go on others, and a team of workers.
//
// Work is divided into pieces by shapes alone and every sum is computed in a fixed order, so the same plan gives the
// same bits with any number of threads.
package cpu

import (
	"fmt"
	"runtime"
	"weak"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu/conv"
	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/cpu/kernel"
	"r2unet/internal/device/cpu/layout"
	"r2unet/internal/device/host"
)

// Device is the processor. Make one with New.
type Device struct {
	host.Memory
	pool      *pool
	set       isa.Set
	precision conv.Precision
	kernels   kernel.Set
	// arena is the largest arena of the programs in use.
	arena  weak.Pointer[arena]
	packer packer
	// definitions makes every call run by its definition, as if there were no kernels: for tests of the definitions
	// and of the fallback.
	definitions bool
}

var (
	_ device.Device = (*Device)(nil)
	_ device.Meter  = (*Device)(nil)
	_ device.Stager = (*Device)(nil)
)

// New starts a device with a number of threads; 0 means as many as the process may use.
func New(threads int) (device.Device, error) { return start(threads, conv.Float32) }

// NewBF16 starts a device that multiplies in bfloat16 where package conv does (see conv.BFloat16).
func NewBF16(threads int) (device.Device, error) { return start(threads, conv.BFloat16) }

func start(threads int, precision conv.Precision) (device.Device, error) {
	if threads < 0 {
		return nil, fmt.Errorf("cpu device: %d threads; give a positive number, or 0 for all", threads)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	set, err := isa.Choose()
	if err != nil {
		return nil, fmt.Errorf("cpu device: %w", err)
	}
	if precision == conv.Float32 && set == isa.AMX {
		set = isa.AVX512 // they differ in products of bfloat16 alone
	}
	d := newDevice(threads, set)
	d.precision = precision
	return d, nil
}

func newDevice(threads int, set isa.Set) *Device {
	return &Device{pool: newPool(threads), set: set, kernels: kernel.For(set), packer: packer{}}
}

// Name returns "cpu".
func (*Device) Name() string { return "cpu" }

// Describe returns the architecture, the instruction set of the kernels and the number of threads.
func (d *Device) Describe() string {
	threads := "threads"
	if d.pool.workers == 1 {
		threads = "thread"
	}
	kernels := d.set.String() + " kernels"
	if d.precision == conv.BFloat16 {
		kernels += ", products in bf16"
		if !conv.HasBF16(d.set) {
			kernels += " by their definition in plain Go (slow: this processor, or " + isa.Variable +
				", lacks AVX512_BF16)"
		}
	}
	return fmt.Sprintf("cpu: %s, %s, %d %s", runtime.GOARCH, kernels, d.pool.workers, threads)
}

// Arithmetic returns the name of the kernels, and the precision of products if it is not float32; portable ones are
// compiled for each architecture, some of which round less often.
func (d *Device) Arithmetic() string {
	name := d.set.String()
	if d.precision == conv.BFloat16 {
		name += " bf16"
	}
	if d.set == isa.Portable && runtime.GOARCH != "amd64" {
		return fmt.Sprintf("cpu %s %s", name, runtime.GOARCH)
	}
	return "cpu " + name
}

// Size returns the number of floats in this device's layout, in whole cache lines.
func (*Device) Size(shape []int, kind device.Kind) int {
	if kind == device.Features {
		return padded(layout.New(shape[0], shape[1], shape[2], shape[3]).Size())
	}
	return padded(elements(shape))
}

// Places reports whether the channels are whole blocks.
func (*Device) Places(channel, channels int) bool { return layout.Places(channel, channels) }

// StagesConvolutions returns true: rows of a convolution wait in the worker's cache for their residual.
func (*Device) StagesConvolutions() bool { return true }

// Parts returns the number of channels of a half block: two such parts of a map are planes of their own, unless that
// makes convolutions slower.
func (d *Device) Parts() int {
	if !conv.Splits(d.set) {
		return 0
	}
	return layout.Half
}

// Close stops the workers.
func (d *Device) Close() error {
	d.pool.close()
	return nil
}

// buffer is memory that outlives plans.
type buffer struct {
	shape []int
	kind  device.Kind
	data  []float32
	// version counts the writes, so that programs know whether packed copies are up to date.
	version uint64
}

// Shape returns the logical shape.
func (b *buffer) Shape() []int { return b.shape }

func (b *buffer) layout() layout.Map {
	return layout.New(b.shape[0], b.shape[1], b.shape[2], b.shape[3])
}

// Alloc returns zeroed memory. Features need four dimensions.
func (d *Device) Alloc(shape []int, kind device.Kind) (device.Buffer, error) {
	if kind == device.Features && len(shape) != 4 {
		return nil, fmt.Errorf("cpu device: features of shape %v; they need [N, C, H, W]", shape)
	}
	shape = append([]int(nil), shape...)
	size := d.Size(shape, kind)
	if err := d.Room(4 * int64(size)); err != nil {
		return nil, err
	}
	return &buffer{shape: shape, kind: kind, data: allocate(size), version: 1}, nil
}

// Write stores a row-major tensor in the buffer's layout.
func (d *Device) Write(to device.Buffer, from []float32) error {
	b, err := own(to, len(from))
	if err != nil {
		return fmt.Errorf("cpu device: write: %w", err)
	}
	b.version++
	if b.kind == device.Features {
		b.layout().Store(b.data, from)
		return nil
	}
	copy(b.data, from)
	return nil
}

// Read copies the buffer into row-major order.
func (d *Device) Read(to []float32, from device.Buffer) error {
	b, err := own(from, len(to))
	if err != nil {
		return fmt.Errorf("cpu device: read: %w", err)
	}
	if b.kind == device.Features {
		b.layout().Load(to, b.data)
		return nil
	}
	pieces := (len(to) + readPiece - 1) / readPiece
	d.pool.run(pieces, func(_, piece int) {
		first := piece * readPiece
		last := min(first+readPiece, len(to))
		copy(to[first:last], b.data[first:last])
	})
	return nil
}

// readPiece is the number of floats that a worker copies at once: a checkpoint pauses training while the state is
// copied, and one thread cannot saturate the memory bandwidth.
const readPiece = 1 << 16

// own checks that a buffer belongs to a device of this kind and holds n elements.
func own(x device.Buffer, n int) (*buffer, error) {
	b, ok := x.(*buffer)
	if !ok {
		return nil, fmt.Errorf("the buffer (%T) belongs to another device", x)
	}
	if elements(b.shape) != n {
		return nil, fmt.Errorf("%d elements for a buffer of shape %v", n, b.shape)
	}
	return b, nil
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
