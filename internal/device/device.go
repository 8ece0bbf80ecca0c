// Package device says what a device must do: keep tensors in its own memory and layout, and run a static
// plan of kernel calls. The devices are in ref (plain Go, the definition of every result), cpu and cuda.
//
// Nothing outside this folder knows a memory layout, a thread or a stream: the rest of the project names tensors by
// their logical shapes and hands over a Plan.
package device

import "context"

// A Device owns memory and compiles plans. Its methods are called by one goroutine at a time.
type Device interface {
	// Name is the device's kind: "ref", "cpu" or "cuda".
	Name() string
	// Describe says in one line what will compute: processor features and threads, or the GPU's name.
	Describe() string
	// Arithmetic names what decides the bits of results, where another of this kind of device may give others: "cpu avx2". The
	// number of threads is no part of it.
	Arithmetic() string
	// Size is the number of elements that a tensor of this shape and kind takes in the device's layout, padding included.
	Size(shape []int, kind Kind) int
	// Places reports whether `channels` channels starting at `channel` of a feature map can be read and written
	// where they stand, so that a concatenation needs no copy.
	Places(channel, channels int) bool
	// Alloc returns zeroed memory that outlives plans: parameters, optimizer state, batches, results.
	Alloc(shape []int, kind Kind) (Buffer, error)
	// Write copies a tensor in row-major order ([N, C, H, W] for features) into a buffer of its shape.
	Write(to Buffer, from []float32) error
	// Read copies a buffer into row-major order.
	Read(to []float32, from Buffer) error
	// Compile turns a plan into a program: kernels chosen, addresses bound, scratch memory taken. A program's Run
	// allocates nothing.
	Compile(plan *Plan) (Program, error)
	// Close gives back threads and memory; buffers and programs are dead afterwards.
	Close() error
}

// A Buffer is device memory that outlives plans. Only its device can look inside.
type Buffer interface {
	// Shape is the logical shape that the buffer was allocated with.
	Shape() []int
}

// A Program is a compiled plan.
type Program interface {
	// Run executes all calls in order. It stops between calls when the context ends.
	Run(ctx context.Context) error
	// Poison fills the arena with NaN, so that a read of memory that no call of this run has written shows in the results.
	Poison()
	// Bytes is the memory the program itself holds: its arena and scratch, without the buffers.
	Bytes() int64
	// Profile runs the program once with a clock around each call and returns the times in the plan's order.
	Profile(ctx context.Context) ([]Timing, error)
}

// Timing is the time of one call of a program.
type Timing struct {
	Call    Call
	Seconds float64
	// Defined says that the call ran by its definition, because the device has no kernel for it.
	Defined bool
}

// Definer is implemented by programs that compute some calls by their definition, because the device has no kernel for them.
type Definer interface {
	// Defined lists these calls by their places in the plan.
	Defined() []int
}

// Queue is what a device has whose programs run while the caller goes on. Small results then come back without a wait after
// every program.
type Queue interface {
	// Post starts a copy of a buffer of at most 16 elements, as what was run before leaves it, and does not wait for it.
	Post(from Buffer) error
	// Posted gives what was posted and not given yet, in order: all of it, or with wait false what has arrived.
	Posted(wait bool) ([][]float32, error)
}

// Meter is what a device has that knows how much memory is left for buffers and programs.
type Meter interface {
	// Free is the number of free bytes; known is false where the device cannot tell.
	Free() (bytes int64, known bool)
}

// Keeper is what a device has on which memory is cheaper than computing again: there activations stay from the forward pass to
// their gradients, where other devices compute them a second time.
type Keeper interface {
	KeepsActivations() bool
}
