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
	// Precision of convolutions: "fp32", which "" also means, "tf32" (of the cuda device) or "bf16" (of the cpu device,
	// for its 3×3 convolutions).
	Precision string
}

// mostThreads is far beyond any useful number: threads wait busily for one another, and with many more threads than
// processors a step takes minutes.
func mostThreads() int { return max(256, 4*runtime.NumCPU()) }

// TF32 and BF16 are the other precisions than the default: of cuda and of cpu.
const (
	TF32 = string(cuda.TF32)
	BF16 = "bf16"
)

// Kind names the device that these options opened in the identity of a run: its name, and a precision that is not the
// default, as in "cuda-tf32" and "cpu-bf16".
func (o Options) Kind(dev device.Device) string {
	switch {
	case dev.Name() == "cuda" && o.Precision == TF32:
		return "cuda-" + TF32
	case dev.Name() == "cpu" && o.Precision == BF16:
		return "cpu-" + BF16
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
	if _, err := cuda.ParsePrecision(o.Precision); err != nil && o.Precision != BF16 {
		return fmt.Errorf("-precision %w, or %s on -device cpu", err, BF16)
	}
	return nil
}

// MissingPrecision is the error of a device that does not have the precision that was asked for.
type MissingPrecision struct{ Kind, Instead, Why string }

func (m *MissingPrecision) Error() string {
	if m.Why != "" {
		return fmt.Sprintf("%s; cpu does not have it: take -device %s, or fp32", m.Why, m.Instead)
	}
	return fmt.Sprintf("-device %s does not have it; take -device %s, or fp32", m.Kind, m.Instead)
}

// checkPrecision returns an error if no device of the kind, which is not auto, computes in the precision.
func checkPrecision(kind, precision, why string) error {
	instead, special := map[string]string{BF16: "cpu", TF32: "cuda"}[precision]
	if !special || kind == instead {
		return nil
	}
	return fmt.Errorf("-precision %s: %w", precision, &MissingPrecision{kind, instead, why})
}

// openCPU starts the cpu device.
func openCPU(options Options) (device.Device, error) {
	if options.Precision == BF16 {
		return cpu.NewBF16(options.Threads)
	}
	return cpu.New(options.Threads)
}

// Open starts a device by its kind: "cpu", "cuda", "ref", or "auto" for cuda where the program was built with it and
// a GPU is there, and else cpu. Why says what auto took and why, in one line; it is empty for the other kinds.
func Open(kind string, options Options) (dev device.Device, why string, err error) {
	if err := options.check(); err != nil {
		return nil, "", err
	}
	kind = strings.ToLower(kind)
	if kind == "ref" || kind == "cpu" || kind == "cuda" {
		if err := checkPrecision(kind, options.Precision, ""); err != nil {
			return nil, "", err
		}
	}
	switch kind {
	case "ref":
		return ref.New[float32](), "", nil
	case "cpu":
		dev, err = openCPU(options)
		return dev, "", err
	case "cuda":
		if dev, err = openGPU(options); err != nil {
			return nil, "", fmt.Errorf("-device cuda: %w", err)
		}
		return dev, "", nil
	case "auto":
		if options.Precision == BF16 {
			why = "auto takes cpu: only it has -precision " + BF16
		} else if dev, err = openGPU(options); err == nil {
			return dev, "auto takes cuda: a GPU is there", nil
		} else {
			why = fmt.Sprintf("auto takes cpu: %v", err)
			if err := checkPrecision("cpu", options.Precision, "-device "+why); err != nil {
				return nil, "", err
			}
		}
		dev, err = openCPU(options)
		return dev, why, err
	}
	return nil, "", fmt.Errorf("-device %s: unknown; there are auto, cpu, cuda and ref "+
		"(plain Go, slow: the definition of every result)", kind)
}
