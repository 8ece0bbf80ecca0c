// Package planning is a device that computes nothing and allocates no memory: plans compile to their sizes. With it
// the memory and the work of a network are known before anything is spent on them.
package planning

import (
	"context"
	"errors"

	"r2unet/internal/device"
)

// Device counts the bytes of buffers and plans in another device's layout, in elements of float32.
type Device struct {
	layout Layout
	keeps  bool
	stages bool
	parts  int // of a device.Splitter; 0 = none
	taken  int64
}

var (
	_ device.Device = (*Device)(nil)
	_ device.Keeper = (*Device)(nil)
	_ device.Stager = (*Device)(nil)

	_ device.Splitter = (*Device)(nil)
)

// Layout determines the size of a device's plans.
type Layout interface {
	Size(shape []int, kind device.Kind) int
	Places(channel, channels int) bool
}

// Like returns a device that plans as another one does: with its layout, keeping activations if it keeps them, staging
// convolutions if it stages them, and splitting maps if it splits them.
func Like(layout Layout) *Device {
	keeper, ok := layout.(device.Keeper)
	stager, aside := layout.(device.Stager)
	d := &Device{
		layout: layout, keeps: ok && keeper.KeepsActivations(), stages: aside && stager.StagesConvolutions(),
	}
	if splitter, ok := layout.(device.Splitter); ok {
		d.parts = splitter.Parts()
	}
	return d
}

// RowMajor is a layout without padding, the reference device's.
type RowMajor struct{}

// Size returns the product of the dimensions.
func (RowMajor) Size(shape []int, _ device.Kind) int {
	return device.Elements(shape)
}

// Places returns true: channel slices of a row-major map are accessed by a sample stride.
func (RowMajor) Places(int, int) bool { return true }

// Taken returns the number of bytes of all buffers that were allocated.
func (d *Device) Taken() int64 { return d.taken }

// Name returns "planning".
func (*Device) Name() string { return "planning" }

// Describe returns that nothing is computed.
func (*Device) Describe() string { return "planning: sizes alone, nothing is computed" }

// Arithmetic returns that there is none.
func (*Device) Arithmetic() string { return "none" }

// Size returns the size in the layout.
func (d *Device) Size(shape []int, kind device.Kind) int { return d.layout.Size(shape, kind) }

// Places reports whether the layout can place the channels.
func (d *Device) Places(channel, channels int) bool { return d.layout.Places(channel, channels) }

// KeepsActivations reports whether the device for which plans are made does.
func (d *Device) KeepsActivations() bool { return d.keeps }

// Parts returns those of the device for which plans are made; no map has parts of 0 channels.
func (d *Device) Parts() int { return d.parts }

// StagesConvolutions reports whether the device for which plans are made does.
func (d *Device) StagesConvolutions() bool { return d.stages }

// Close does nothing.
func (*Device) Close() error { return nil }

type buffer []int

func (b buffer) Shape() []int { return b }

// Alloc counts a buffer.
func (d *Device) Alloc(shape []int, kind device.Kind) (device.Buffer, error) {
	d.taken += 4 * int64(d.Size(shape, kind))
	return buffer(shape), nil
}

var errNothing = errors.New("the planning device holds and computes nothing")

// Write returns an error.
func (*Device) Write(device.Buffer, []float32) error { return errNothing }

// Read returns an error.
func (*Device) Read([]float32, device.Buffer) error { return errNothing }

// Compile returns a program that only has a size.
func (*Device) Compile(plan *device.Plan) (device.Program, error) { return program(plan.Arena), nil }

// program is the number of elements of an arena.
type program int64

func (program) Run(context.Context) error { return errNothing }
func (program) Poison()                   {}

// Bytes returns the size of the arena. A real device adds its kernels' scratch memory.
func (p program) Bytes() int64 { return 4 * int64(p) }

func (program) Profile(context.Context) ([]device.Timing, error) { return nil, errNothing }
