// Package device defines what a device does: it keeps tensors in its own memory and layout, and runs static plans of
// kernel calls. The devices are ref (plain Go, the definition of every result), cpu and cuda.
//
// Memory layouts, threads and streams are known only inside this folder: the rest of the project names tensors by
// their logical shapes and passes a Plan.
package device

import "context"

// A Device owns memory and compiles plans. Its methods are called by one goroutine at a time.
type Device interface {
	// Name returns the device's kind: "ref", "cpu" or "cuda".
	Name() string
	// Describe returns one line about what will compute: processor features and threads, or the GPU's name.
	Describe() string
	// Arithmetic names everything on which the bits of results depend among devices of this kind: "cpu avx2". The
	// number of threads is not part of it.
	Arithmetic() string
	// Size returns the number of elements that a tensor of this shape and kind takes in the device's layout,
	// including padding.
	Size(shape []int, kind Kind) int
	// Places reports whether `channels` channels starting at `channel` of a feature map can be read and written in
	// place, so that a concatenation needs no copy.
	Places(channel, channels int) bool
	// Alloc returns zeroed memory that outlives plans: for parameters, optimizer state, batches, results.
	Alloc(shape []int, kind Kind) (Buffer, error)
	// Write copies a tensor in row-major order ([N, C, H, W] for features) into a buffer of its shape.
	Write(to Buffer, from []float32) error
	// Read copies a buffer into row-major order.
	Read(to []float32, from Buffer) error
	// Compile turns a plan into a program: it chooses kernels, binds addresses and allocates scratch memory, so that
	// Run of the program allocates nothing.
	Compile(plan *Plan) (Program, error)
	// Close releases threads and memory; buffers and programs must not be used afterwards.
	Close() error
}

// A Buffer is device memory that outlives plans. Only its device can access the contents.
type Buffer interface {
	// Shape returns the logical shape with which the buffer was allocated.
	Shape() []int
}

// A Program is a compiled plan.
type Program interface {
	// Run executes all calls in order. It stops between calls when the context is cancelled.
	Run(ctx context.Context) error
	// Poison fills the arena with NaN, so that a read of memory that this run has not written shows in the results.
	Poison()
	// Bytes returns the size of the program's own memory: its arena and scratch, without the buffers.
	Bytes() int64
	// Profile runs the program once, timing each call, and returns the times in the plan's order.
	Profile(ctx context.Context) ([]Timing, error)
}

// Timing is the time of one call of a program.
type Timing struct {
	Call    Call
	Seconds float64
	// Defined reports whether the call ran by its definition, because the device has no kernel for it.
	Defined bool
}

// Definer is implemented by programs that run some calls by their definition, because the device has no kernel for
// them.
type Definer interface {
	// Defined returns the indices of these calls in the plan.
	Defined() []int
}

// Queue is implemented by devices that run programs asynchronously. Small results can then be read without waiting
// after each program.
type Queue interface {
	// Post starts a copy of a buffer of at most 16 elements, in stream order after the programs run so far, without
	// waiting for it.
	Post(from Buffer) error
	// Posted returns the posts not returned yet, in order: all of them, or, if wait is false, those that have
	// arrived.
	Posted(wait bool) ([][]float32, error)
}

// Meter is implemented by devices that know how much memory is left for buffers and programs.
type Meter interface {
	// Free returns the number of free bytes; known is false if the device cannot determine it.
	Free() (bytes int64, known bool)
}

// Stager is implemented by devices that may compute a convolution aside, so that its activation can be written over the
// residual that is added to it.
type Stager interface {
	StagesConvolutions() bool
}

// Splitter is implemented by devices that can keep two parts of a concatenation apart although Places refuses them, so
// that nothing is copied. Convolutions alone can read the whole then.
type Splitter interface {
	// Parts returns the number of channels of such parts; 0 for none.
	Parts() int
}

// Keeper is implemented by devices that may store activations for the backward pass instead of recomputing them,
// because memory is cheaper than time there.
type Keeper interface {
	KeepsActivations() bool
}
