package calls

import "r2unet/internal/device"

// Basic reports whether the kernels of this kind of call can compute it, on any device: kernels support ReLU as the
// only function and a loss whose own gradient is 1. A device runs the definition of a call that is not basic. Of a
// convolution with another function the part behind it counts as a call of its own.
func Basic(call device.Call) bool {
	switch c := call.(type) {
	case *Activate:
		return c.Function == ReLU
	case *NormGradSums:
		return c.Function == ReLU
	case *ActivateGrad:
		return c.Function == ReLU
	case *LossGrad:
		return c.Grad == nil
	}
	return true
}
