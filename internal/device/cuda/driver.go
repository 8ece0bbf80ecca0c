package cuda

// Driver is what the device needs of a GPU: the CUDA driver API, or the simulator. Addresses, kernels, graphs and events
// are handles. Blocks are one-dimensional and have 256 threads.
//
// Kernels, copies and fills are started and not waited for, and what goes wrong with them may come up in any later call.
// They run one after the other in the order in which they were started, but for uploads, which run beside them.
type Driver interface {
	// Describe names the GPU.
	Describe() string
	// Memory tells how many bytes of device memory are free.
	Memory() (free int64, err error)
	// Load makes the kernels of a PTX module known.
	Load(ptx string) error
	// Kernel is the handle of a loaded kernel.
	Kernel(name string) (uint64, error)
	// Alloc takes device memory, aligned to 256 bytes, with any contents.
	Alloc(bytes int64) (uint64, error)
	// Free gives memory back when all work is done.
	Free(address uint64) error
	// Pin takes host memory that the GPU reads and writes by itself, and Unpin gives it back; so does Close.
	Pin(words int) ([]float32, error)
	Unpin(memory []float32) error
	// Upload copies from pinned memory, after earlier uploads and beside everything else. The event passes when that is done;
	// until then the pinned memory must stay as it is.
	Upload(to uint64, from []float32, done uint64) error
	// Download copies to pinned memory.
	Download(to []float32, from uint64) error
	// Move copies within device memory.
	Move(to, from uint64, words int64) error
	// Fill sets 32-bit words to the same bits.
	Fill(address uint64, bits uint32, words int64) error
	// Launch starts a kernel. The parameters are the bytes of its one struct.
	Launch(kernel uint64, grid [3]int, params []byte) error
	// Capture begins to note launches in a graph instead of starting them; EndCapture ends that.
	Capture() error
	EndCapture() (uint64, error)
	// Replay starts all launches of a graph.
	Replay(graph uint64) error
	// FreeGraph gives a graph back.
	FreeGraph(graph uint64) error
	// Event makes an event, which has passed until it is recorded; Close gives it back.
	Event() (uint64, error)
	// Record lets an event pass when all that was started before is done, uploads left aside.
	Record(event uint64) error
	// Follow makes what is started from now on, uploads left aside, wait until the event has passed.
	Follow(event uint64) error
	// Passed asks whether an event has passed.
	Passed(event uint64) (bool, error)
	// Await returns when an event has passed.
	Await(event uint64) error
	// Together runs f where calls of the driver cost least: many calls in one f are cheaper than many calls.
	Together(f func() error) error
	// Wait returns when the GPU has nothing left to do.
	Wait() error
	// Close gives everything back.
	Close() error
}
