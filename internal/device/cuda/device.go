// Package cuda is the device that computes on an NVIDIA GPU, with kernels of its own and nothing of NVIDIA's but the
// driver. Feature maps are row-major [N, C, H, W]; a view of some channels is read and written in place.
//
// The same kernels run on a real GPU (package driver, build tag r2gpu) and in a simulator (package sim, tests).
package cuda

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"r2unet/internal/device"
	"r2unet/internal/device/cuda/kernels"
)

// Precision is the arithmetic of convolutions.
type Precision string

const (
	// FP32 multiplies and adds in float32. It is the default.
	FP32 Precision = "fp32"
	// TF32 rounds the factors to 10 bits of mantissa, for tensor cores, and adds in float32.
	TF32 Precision = "tf32"
)

// ParsePrecision finds a precision by its name; "" is FP32.
func ParsePrecision(name string) (Precision, error) {
	switch p := cmp.Or(Precision(name), FP32); p {
	case FP32, TF32:
		return p, nil
	}
	return "", fmt.Errorf("%s: expected %s or %s", name, FP32, TF32)
}

// Options of the device.
type Options struct {
	// Precision is FP32 or TF32; empty means FP32.
	Precision Precision
	// Eager launches every kernel on its own, where a captured graph would be replayed. The results are the same bits.
	Eager bool
	// Definitions lets every call run by its definition on the host, as if there were no kernels: a test of the definitions.
	Definitions bool
}

// Device computes on one GPU.
type Device struct {
	driver  Driver
	options Options
	handles map[string]uint64 // of kernels
	owned   map[uint64]bool   // addresses
	dropped *dropped
	posts   posts
	// transfers bring values in and out.
	transfers *transfers
	// noGraphs is why the driver could not capture a graph; nil while it could.
	noGraphs error
}

// New loads the kernels. The device owns the driver from then on, and closes it.
func New(driver Driver, options Options) (*Device, error) {
	precision, err := ParsePrecision(string(options.Precision))
	if err != nil {
		return nil, fmt.Errorf("cuda: precision %w", err)
	}
	options.Precision = precision
	modules, err := kernels.Modules(options.Precision == TF32)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if err := driver.Load(modules[name]); err != nil {
			return nil, fmt.Errorf("cuda: load kernels %s (precision fp32 needs compute capability 7.5, tf32 needs 8.0): %w", name, err)
		}
	}
	d := &Device{driver: driver, options: options, handles: map[string]uint64{}, owned: map[uint64]bool{}, dropped: &dropped{}}
	if d.transfers, err = newTransfers(driver); err == nil {
		d.posts, err = newPosts(driver)
	}
	if err != nil {
		return nil, fmt.Errorf("cuda: prepare copies to and from the GPU: %w", err)
	}
	return d, nil
}

// Name is "cuda".
func (*Device) Name() string { return "cuda" }

// Describe names the GPU and the precision, and says where programs run without graphs.
func (d *Device) Describe() string {
	text := fmt.Sprintf("cuda: %s, %s", d.driver.Describe(), d.options.Precision)
	if d.noGraphs != nil {
		text += fmt.Sprintf(", without graphs: %v", d.noGraphs)
	}
	return text
}

// Arithmetic names the precision and the GPU: sums are taken in the same order on each, but its own functions round their way.
func (d *Device) Arithmetic() string {
	gpu, _, _ := strings.Cut(d.driver.Describe(), ",")
	return fmt.Sprintf("cuda %s %s", d.options.Precision, gpu)
}

// Size is the product of the dimensions.
func (*Device) Size(shape []int, _ device.Kind) int { return elements(shape) }

// Places is always true: channels of a row-major map are reached by the distance between samples.
func (*Device) Places(int, int) bool { return true }

// KeepsActivations is always true: a GPU has memory for them, and every kernel less is time won.
func (*Device) KeepsActivations() bool { return true }

type buffer struct {
	shape   []int
	address uint64
}

func (b *buffer) Shape() []int { return b.shape }

// Alloc returns zeroed memory.
func (d *Device) Alloc(shape []int, _ device.Kind) (device.Buffer, error) {
	address, err := d.take(int64(elements(shape)), 0)
	if err != nil {
		return nil, fmt.Errorf("cuda: allocate %v: %w", shape, err)
	}
	b := &buffer{slices.Clone(shape), address}
	runtime.AddCleanup(b, d.dropped.memory, address)
	return b, nil
}

// take allocates memory and fills it with the same bits. Where there is none left it gives back what the collector finds.
func (d *Device) take(words int64, bits uint32) (uint64, error) {
	if err := d.collect(); err != nil {
		return 0, err
	}
	address, err := d.driver.Alloc(4 * max(words, 1))
	if err != nil {
		runtime.GC()
		if err := d.collect(); err != nil {
			return 0, err
		}
		if address, err = d.driver.Alloc(4 * max(words, 1)); err != nil {
			return 0, err
		}
	}
	d.owned[address] = true
	return address, d.driver.Fill(address, bits, words)
}

// Write copies row-major values into a buffer, after the programs that were run, and does not wait for them.
func (d *Device) Write(to device.Buffer, from []float32) error {
	b, err := own(to, len(from))
	if err != nil {
		return fmt.Errorf("cuda: write: %w", err)
	}
	if err := d.transfers.write(b.address, from); err != nil {
		return fmt.Errorf("cuda: write %v: %w", b.shape, err)
	}
	return nil
}

// Read waits for the programs that were run and copies a buffer.
func (d *Device) Read(to []float32, from device.Buffer) error {
	b, err := own(from, len(to))
	if err != nil {
		return fmt.Errorf("cuda: read: %w", err)
	}
	if err := d.transfers.fetch(to, b.address); err != nil {
		return fmt.Errorf("cuda: read %v: %w", b.shape, err)
	}
	return nil
}

func own(b device.Buffer, n int) (*buffer, error) {
	own, ok := b.(*buffer)
	if !ok {
		return nil, fmt.Errorf("a %T is not a buffer of this device", b)
	}
	if elements(own.shape) != n {
		return nil, fmt.Errorf("%d elements for a buffer of %v", n, own.shape)
	}
	return own, nil
}

// Close frees all memory and closes the driver.
func (d *Device) Close() error {
	if err := d.collect(); err != nil {
		return err
	}
	for address := range d.owned {
		if err := d.driver.Free(address); err != nil {
			return fmt.Errorf("cuda: free: %w", err)
		}
	}
	clear(d.owned)
	return d.driver.Close()
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Free asks the GPU how much of its memory nobody uses.
func (d *Device) Free() (bytes int64, known bool) {
	if d.collect() != nil {
		return 0, false
	}
	bytes, err := d.driver.Memory()
	return bytes, err == nil
}

var (
	_ device.Device = (*Device)(nil)
	_ device.Queue  = (*Device)(nil)
	_ device.Meter  = (*Device)(nil)
	_ device.Keeper = (*Device)(nil)
)
