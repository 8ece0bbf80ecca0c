// Package cuda is the device for NVIDIA GPUs, with its own kernels and nothing of NVIDIA's except the driver. Feature
// maps are row-major [N, C, H, W]; a view of some channels is read and written in place.
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
	// Eager launches every kernel separately instead of replaying a captured graph. The results have the same bits.
	Eager bool
	// Definitions makes every call run by its definition on the host, as if there were no kernels: for tests of the
	// definitions.
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
	// transfers copies values to and from the GPU.
	transfers *transfers
	// noGraphs is the error with which the driver failed to capture a graph, or nil.
	noGraphs error
}

// New loads the kernels. The device then owns the driver, and closes it.
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
			return nil, fmt.Errorf(
				"cuda: load kernels %s (precision fp32 needs compute capability 7.5, tf32 needs 8.0): %w", name, err)
		}
	}
	d := &Device{
		driver: driver, options: options,
		handles: map[string]uint64{}, owned: map[uint64]bool{}, dropped: &dropped{},
	}
	if d.transfers, err = newTransfers(driver); err == nil {
		d.posts, err = newPosts(driver)
	}
	if err != nil {
		return nil, fmt.Errorf("cuda: prepare copies to and from the GPU: %w", err)
	}
	return d, nil
}

// Name returns "cuda".
func (*Device) Name() string { return "cuda" }

// Describe names the GPU and the precision, and says if programs run without graphs.
func (d *Device) Describe() string {
	text := fmt.Sprintf("cuda: %s, %s", d.driver.Describe(), d.options.Precision)
	if d.noGraphs != nil {
		text += fmt.Sprintf(", without graphs: %v", d.noGraphs)
	}
	return text
}

// Arithmetic names the precision and the GPU: all GPUs add in the same order, but the rounding of their built-in
// functions differs.
func (d *Device) Arithmetic() string {
	gpu, _, _ := strings.Cut(d.driver.Describe(), ",")
	return fmt.Sprintf("cuda %s %s", d.options.Precision, gpu)
}

// Size returns the product of the dimensions.
func (*Device) Size(shape []int, _ device.Kind) int { return elements(shape) }

// Places returns true: channels of a row-major map are accessed by the distance between samples.
func (*Device) Places(int, int) bool { return true }

// KeepsActivations returns true: a GPU has memory for them, and every kernel saved saves time.
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

// take allocates memory and fills it with the same bits. If none is left, it first releases what the garbage
// collector finds.
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

// Write copies row-major values into a buffer, in order after the programs run so far, and does not wait for them.
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

// Read waits for the programs run so far and copies a buffer.
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

// Free returns how much memory of the GPU is unused.
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
