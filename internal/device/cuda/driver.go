package cuda

// Driver is what the device needs of a GPU: the CUDA driver API on one stream, or the simulator. Addresses, kernels and
// graphs are handles. Blocks are one-dimensional and have 256 threads.
type Driver interface {
	// Describe names the GPU.
	Describe() string
	// Load makes the kernels of a PTX module known.
	Load(ptx string) error
	// Kernel is the handle of a loaded kernel.
	Kernel(name string) (uint64, error)
	// Alloc takes device memory, aligned to 256 bytes, with any contents.
	Alloc(bytes int64) (uint64, error)
	// Free gives memory back.
	Free(address uint64) error
	// Write copies to the device, after all work that was launched before; `from` may change as soon as it returns.
	Write(address uint64, from []float32) error
	// Read waits for all work that was launched before and copies from the device.
	Read(to []float32, address uint64) error
	// Fill sets 32-bit words to the same bits.
	Fill(address uint64, bits uint32, words int64) error
	// Launch starts a kernel after all work that was launched before. The parameters are the bytes of its one struct.
	Launch(kernel uint64, grid [3]int, params []byte) error
	// Capture begins to note launches in a graph instead of starting them; EndCapture ends that.
	Capture() error
	EndCapture() (uint64, error)
	// Replay starts all launches of a graph.
	Replay(graph uint64) error
	// FreeGraph gives a graph back.
	FreeGraph(graph uint64) error
	// Wait returns when the GPU has nothing left to do.
	Wait() error
	// Close gives everything back.
	Close() error
}
