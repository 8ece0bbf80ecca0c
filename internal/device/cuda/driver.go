package cuda

// Driver is what the device needs from a GPU: the CUDA driver API, or the simulator. Addresses, kernels, graphs and
// events are handles. Blocks are one-dimensional and have 256 threads.
//
// Kernels, copies and fills run asynchronously, and their errors may be returned by any later call. They run in the
// order in which they were started, except for uploads, which run concurrently.
type Driver interface {
	// Describe names the GPU.
	Describe() string
	// Memory returns the number of bytes of device memory that are free.
	Memory() (free int64, err error)
	// Load loads the kernels of a PTX module.
	Load(ptx string) error
	// Kernel returns the handle of a loaded kernel.
	Kernel(name string) (uint64, error)
	// Alloc allocates device memory, aligned to 256 bytes, with any contents.
	Alloc(bytes int64) (uint64, error)
	// Free frees memory when all work is done.
	Free(address uint64) error
	// Pin allocates host memory that the GPU can access directly; Unpin and Close free it.
	Pin(words int) ([]float32, error)
	Unpin(memory []float32) error
	// Upload copies from pinned memory, after earlier uploads and concurrently with everything else. The event passes
	// when the copy is done; until then the pinned memory must not change.
	Upload(to uint64, from []float32, done uint64) error
	// Download copies to pinned memory.
	Download(to []float32, from uint64) error
	// Move copies within device memory.
	Move(to, from uint64, words int64) error
	// Fill sets 32-bit words to the same bits.
	Fill(address uint64, bits uint32, words int64) error
	// Launch starts a kernel. The parameters are the bytes of its one struct.
	Launch(kernel uint64, grid [3]int, params []byte) error
	// Capture starts recording launches in a graph instead of starting them; EndCapture ends that.
	Capture() error
	EndCapture() (uint64, error)
	// Replay starts all launches of a graph.
	Replay(graph uint64) error
	// FreeGraph frees a graph.
	FreeGraph(graph uint64) error
	// Event creates an event, which counts as passed until it is recorded; Close frees it.
	Event() (uint64, error)
	// Record makes an event pass when everything started before, except uploads, is done.
	Record(event uint64) error
	// Follow makes everything started from now on, except uploads, wait until the event has passed.
	Follow(event uint64) error
	// Passed reports whether an event has passed.
	Passed(event uint64) (bool, error)
	// Await waits until an event has passed.
	Await(event uint64) error
	// Together runs f where calls of the driver are cheapest: one Together around many calls costs less than the
	// calls alone.
	Together(f func() error) error
	// Wait waits until the GPU has finished all work.
	Wait() error
	// Close frees everything.
	Close() error
}
