// Package choose starts the device that a user named.
package choose

import (
	"fmt"
	"runtime"
	"strings"

	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/cuda"
	"r2unet/internal/device/ref"
)

// Options of the device, for every kind.
type Options struct {
	// Threads of the cpu device, at most mostThreads; 0 means as many as the process may use.
	Threads int
	// GPU is the number of the GPU of the cuda device, from 0.
	GPU int
	// Precision of convolutions on the cuda device: "fp32", which "" also means, or "tf32".
	Precision string
}

// mostThreads is far beyond any useful number: threads wait busily for one another, and with many more threads than
// processors a step takes minutes.
func mostThreads() int { return max(256, 4*runtime.NumCPU()) }

// TF32 is the other precision than the default.
const TF32 = string(cuda.TF32)

// Kind names the device that these options opened in the identity of a run: its name, and a precision that is not the
// default, as in "cuda-tf32".
func (o Options) Kind(dev device.Device) string {
	if dev.Name() == "cuda" && o.Precision == TF32 {
		return "cuda-" + TF32
	}
	return dev.Name()
}

// check names the first option that cannot be, also where the device that was asked for makes no use of it.
func (o Options) check() error {
	switch {
	case o.Threads < 0 || o.Threads > mostThreads():
		return fmt.Errorf("-threads %d: expected 1 to %d, or 0 for as many as there are processors",
			o.Threads, mostThreads())
	case o.GPU < 0:
		return fmt.Errorf("-gpu %d: GPUs are numbered from 0", o.GPU)
	}
	if _, err := cuda.ParsePrecision(o.Precision); err != nil {
		return fmt.Errorf("-precision %w", err)
	}
	return nil
}

// Open starts a device by its kind: "cpu", "cuda", "ref", or "auto" for cuda where the program was built with it and
// a GPU is there, and else cpu. Why says what auto took and why, in one line; it is empty for the other kinds.
func Open(kind string, options Options) (dev device.Device, why string, err error) {
	if err := options.check(); err != nil {
		return nil, "", err
	}
	switch strings.ToLower(kind) {
	case "ref":
		return ref.New[float32](), "", nil
	case "cpu":
		dev, err = cpu.New(options.Threads)
		return dev, "", err
	case "cuda":
		if dev, err = openGPU(options); err != nil {
			return nil, "", fmt.Errorf("-device cuda: %w", err)
		}
		return dev, "", nil
	case "auto":
		if dev, err = openGPU(options); err == nil {
			return dev, "auto takes cuda: a GPU is there", nil
		}
		why = fmt.Sprintf("auto takes cpu: %v", err)
		dev, err = cpu.New(options.Threads)
		return dev, why, err
	}
	return nil, "", fmt.Errorf("-device %s: unknown; there are auto, cpu, cuda and ref "+
		"(plain Go, slow: the definition of every result)", kind)
}
