// Package ref is the reference device: it runs the definition of every call, on one thread, in float32 or float64.
// The fast devices are checked against it, and operators compute on it under Gorgonia's own machines.
package ref

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"
	"unsafe"

	"r2unet/internal/device"
	"r2unet/internal/device/host"
)

// Device is the reference device. All its tensors are row-major.
type Device[T device.Float] struct {
	host.Memory
	// Watch, if it is set, sees every call of a run just before it is computed, with the values that the call will
	// read.
	Watch func(call device.Call, at device.Values[T])
}

var _ device.Meter = (*Device[float32])(nil)

// New returns a reference device with elements of type T.
func New[T device.Float]() *Device[T] { return &Device[T]{} }

// Name returns "ref".
func (*Device[T]) Name() string { return "ref" }

// Describe returns the element type.
func (*Device[T]) Describe() string {
	var zero T
	return fmt.Sprintf("ref: plain Go, %T, 1 thread", zero)
}

// Arithmetic returns the element type and the architecture for which the definitions are compiled.
func (*Device[T]) Arithmetic() string {
	var zero T
	return fmt.Sprintf("ref %T %s", zero, runtime.GOARCH)
}

// Size returns the product of the dimensions.
func (*Device[T]) Size(shape []int, _ device.Kind) int { return device.Elements(shape) }

// Places returns true: channel slices of a row-major map are accessed by a sample stride.
func (*Device[T]) Places(int, int) bool { return true }

// Close does nothing.
func (*Device[T]) Close() error { return nil }

type buffer[T device.Float] struct {
	shape []int
	data  []T
}

func (b *buffer[T]) Shape() []int { return b.shape }

// Alloc returns zeroed memory.
func (d *Device[T]) Alloc(shape []int, _ device.Kind) (device.Buffer, error) {
	data, err := d.take(device.Elements(shape))
	return &buffer[T]{shape, data}, err
}

// take allocates memory for n elements, if the machine has it.
func (d *Device[T]) take(n int) ([]T, error) {
	var zero T
	if err := d.Room(int64(n) * int64(unsafe.Sizeof(zero))); err != nil {
		return nil, err
	}
	return make([]T, n), nil
}

// Write converts and copies from into the buffer.
func (*Device[T]) Write(to device.Buffer, from []float32) error {
	return transfer(to.(*buffer[T]).data, from)
}

// Read converts and copies the buffer into to.
func (*Device[T]) Read(to []float32, from device.Buffer) error {
	return transfer(to, from.(*buffer[T]).data)
}

// WriteExact is Write in the device's own type, for checks in float64.
func (*Device[T]) WriteExact(to device.Buffer, from []T) error {
	return transfer(to.(*buffer[T]).data, from)
}

// ReadExact is Read in the device's own type.
func (*Device[T]) ReadExact(to []T, from device.Buffer) error {
	return transfer(to, from.(*buffer[T]).data)
}

func transfer[A, B device.Float](to []A, from []B) error {
	if len(to) != len(from) {
		return fmt.Errorf("copy %d elements into %d", len(from), len(to))
	}
	for i, v := range from {
		to[i] = A(v)
	}
	return nil
}

type program[T device.Float] struct {
	dev   *Device[T]
	plan  *device.Plan
	arena []T
}

// Compile allocates the arena; there is nothing else to prepare.
func (d *Device[T]) Compile(plan *device.Plan) (device.Program, error) {
	arena, err := d.take(plan.Arena)
	return &program[T]{d, plan, arena}, err
}

func (p *program[T]) Run(ctx context.Context) error {
	for _, c := range p.plan.Calls {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.dev.Watch != nil {
			p.dev.Watch(c, p.memory)
		}
		device.Execute(c, p.memory)
	}
	return nil
}

// memory returns the memory of a tensor that is not a view, from its first element on.
func (p *program[T]) memory(t *device.Tensor) []T {
	if t.Buffer != nil {
		return t.Buffer.(*buffer[T]).data
	}
	return p.arena[t.Offset:]
}

func (p *program[T]) Poison() {
	for i := range p.arena {
		p.arena[i] = T(math.NaN())
	}
}

func (p *program[T]) Bytes() int64 {
	var zero T
	if _, double := any(zero).(float64); double {
		return 8 * int64(len(p.arena))
	}
	return 4 * int64(len(p.arena))
}

func (p *program[T]) Profile(ctx context.Context) ([]device.Timing, error) {
	timings := make([]device.Timing, 0, len(p.plan.Calls))
	for _, c := range p.plan.Calls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		device.Execute(c, p.memory)
		timings = append(timings, device.Timing{Call: c, Seconds: time.Since(start).Seconds()})
	}
	return timings, nil
}
